import type { Endpoint } from './endpoint.js';

/** What machines fetch and report while they boot, etcd discovery, and what watches imago itself. */
export const otherEndpoints = {
  greet: { method: 'GET', path: '/', role: 'machine' },
  firstScript: { method: 'GET', path: '/boot.ipxe', role: 'machine' },
  bootScript: { method: 'GET', path: '/ipxe', role: 'machine' },
  mayuBootScript: { method: 'GET', path: '/ipxebootscript', role: 'machine' },
  firstStage: { method: 'GET', path: '/first-stage-script/:serial', role: 'machine' },
  describe: { method: 'POST', path: '/first-stage-script/:serial', role: 'machine' },
  hostinfoHelper: { method: 'GET', path: '/hostinfo-helper', role: 'machine' },
  finalIgnition: { method: 'POST', path: '/final-ignition-config.json', role: 'machine' },
  finalCloudConfig: { method: 'POST', path: '/final-cloud-config.yaml', role: 'machine' },
  ignition: { method: 'GET', path: '/ignition/:serial', role: 'machine' },
  installerIgnition: { method: 'GET', path: '/ignition/:serial/installer', role: 'machine' },
  report: { method: 'POST', path: '/report/:serial/:phase', role: 'machine', status: 204 },
  defaultImage: { method: 'GET', path: '/images/:file', role: 'machine' },
  imageOfHost: { method: 'GET', path: '/images/:serial/*file', role: 'machine' },
  mirror: { method: 'GET', path: '/mirror/:name/*path', role: 'machine' },
  bootFile: { method: 'GET', path: '/boot-file/:token/:name', role: 'machine' },
  loader: { method: 'GET', path: '/tftp/*file', role: 'machine' },

  newEtcdCluster: { method: 'PUT', path: '/etcd/new', role: 'machine' },
  etcdSize: { method: 'GET', path: '/etcd/:token/_config/size', role: 'machine' },
  setEtcdSize: { method: 'PUT', path: '/etcd/:token/_config/size', role: 'machine' },
  etcdMembers: { method: 'GET', path: '/etcd/:token{/}', role: 'machine' },
  etcdMember: { method: 'GET', path: '/etcd/:token/:machine', role: 'machine' },
  putEtcdMember: { method: 'PUT', path: '/etcd/:token/:machine', role: 'machine' },
  removeEtcdMember: { method: 'DELETE', path: '/etcd/:token/:machine', role: 'machine' },

  // Mayu put what machines report among the operators' calls.
  reportInstalled: {
    method: 'PUT',
    path: '/admin/host/:serial/set_installed',
    role: 'machine',
    isAtBothDoors: true,
    status: 202,
  },
  reportBooted: {
    method: 'PUT',
    path: '/admin/host/:serial/boot_complete',
    role: 'machine',
    isAtBothDoors: true,
    status: 202,
  },

  loginByOidc: { method: 'GET', path: '/login/oidc', role: 'operator', needs: 'anyone' },
  oidcCallback: { method: 'GET', path: '/login/oidc/callback', role: 'operator', needs: 'anyone' },

  health: { method: 'GET', path: '/health', role: 'operator', needs: 'anyone' },
  ready: { method: 'GET', path: '/ready', role: 'operator', needs: 'anyone' },
  metrics: { method: 'GET', path: '/metrics', role: 'operator', needs: 'read' },
  document: { method: 'GET', path: '/api/v1/openapi.json', role: 'operator', needs: 'read' },
} as const satisfies Readonly<Record<string, Endpoint>>;

export type OtherEndpoints = typeof otherEndpoints;
