import { expect } from 'chai';
import { RouteTree } from '../../../src/http/route-tree.js';

const tree = new RouteTree(
  [
    'GET /',
    'GET /ipxe',
    'POST /final-ignition-config.json',
    'GET /images/:file',
    'GET /images/:serial/*file',
    'PUT /etcd/new',
    'GET /etcd/:token{/}',
    'GET /etcd/:token/:machine',
    'PUT /etcd/:token/:machine',
    'GET /etcd/:token/_config/size',
    'GET /tftp/*file',
    'GET /api/v1/hosts',
    'POST /api/v1/hosts',
    'PATCH /api/v1/hosts/:serial',
    'GET /api/v1/hosts/:serial/rendered/:what',
  ].map((text) => {
    const [method = '', path = ''] = text.split(' ');
    return { method, path };
  }),
);

describe('RouteTree', () => {
  const cases: readonly [asked: string, path: string | undefined, params?: Record<string, string>][] = [
    ['GET /', '/'],
    ['GET ', undefined],
    ['GET *', undefined],
    ['HEAD /ipxe', '/ipxe'],
    ['OPTIONS /ipxe', undefined],
    ['GET /IPXE', undefined],
    ['GET /ipxe/', undefined],
    ['GET /%69pxe', undefined],
    ['HEAD /final-ignition-config.json', undefined],
    ['GET /images/vmlinuz', '/images/:file', { file: 'vmlinuz' }],
    ['GET /images/', undefined],
    ['GET /images', undefined],
    ['GET /images/a%2Fb', '/images/:file', { file: 'a/b' }],
    ['GET /images/%ff', '/images/:file', { file: '%ff' }],
    ['GET /images/..', '/images/:file', { file: '..' }],
    ['GET /images/ser1/', undefined],
    ['GET /images/ser1/vmlinuz', '/images/:serial/*file', { serial: 'ser1' }],
    ['GET /images/../x/y/', '/images/:serial/*file', { serial: '..' }],
    ['GET /images/a//b', '/images/:serial/*file', { serial: 'a' }],
    ['GET /images//b', undefined],
    ['PUT /etcd/new', '/etcd/new'],
    ['GET /etcd/new', '/etcd/:token{/}', { token: 'new' }],
    ['GET /etcd/t/', '/etcd/:token{/}', { token: 't' }],
    ['GET /etcd/t//', undefined],
    ['GET /etcd/t/m', '/etcd/:token/:machine', { token: 't', machine: 'm' }],
    ['GET /etcd/t/_config/size', '/etcd/:token/_config/size', { token: 't' }],
    ['GET /etcd/t/_config', '/etcd/:token/:machine', { token: 't', machine: '_config' }],
    ['PUT /etcd/t/_config/size', undefined],
    ['GET /tftp/a', '/tftp/*file'],
    ['GET /tftp/a/b/..', '/tftp/*file'],
    ['GET /tftp/', undefined],
    ['DELETE /api/v1/hosts/a', undefined],
    ['PATCH /api/v1/hosts/__proto__', '/api/v1/hosts/:serial', { serial: '__proto__' }],
    [
      'GET /api/v1/hosts/a%20b/rendered/ipxe',
      '/api/v1/hosts/:serial/rendered/:what',
      { serial: 'a b', what: 'ipxe' },
    ],
    ['GET /api/v1/hosts/a/rendered/', undefined],
    ['GET /constructor', undefined],
  ];
  for (const [asked, path, params = {}] of cases) {
    it(`${asked} finds ${path ?? 'nothing'}`, () => {
      const [method = '', where = ''] = asked.split(' ');
      const found = tree.find(method, where);
      expect(found && { path: found.route.path, params: found.params }).to.deep.equal(
        path === undefined ? undefined : { path, params },
      );
    });
  }

  for (const { path, want } of [
    { path: '/ipxe', want: ['GET'] },
    { path: '/api/v1/hosts', want: ['GET', 'POST'] },
    { path: '/etcd/new', want: ['PUT', 'GET'] },
    { path: '/etcd/t/m', want: ['GET', 'PUT'] },
    { path: '/ipxe/', want: [] },
    { path: '/images/', want: [] },
  ]) {
    it(`${path} is there for ${want.join(', ') || 'nobody'}`, () => {
      expect(tree.routesAt(path).map(({ method }) => method)).to.deep.equal(want);
    });
  }
});
