import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { endpoints } from '../../../src/api/endpoints.js';
import type { Endpoint } from '../../../src/api/endpoint.js';
import { otherEndpoints } from '../../../src/api/other-endpoints.js';
import { mayuEndpoints } from '../../../src/dialects/mayu/mayu-dialect.js';
import { createHttpServers } from '../../../src/http/create-http-servers.js';
import { Door } from '../../../src/http/door.js';
import { listenersOf } from '../../../src/http/listeners.js';
import { houseConfig, openHouse } from '../../support/http-house.js';

describe('listenersOf', () => {
  const socket = 'operators socket var/admin.sock';
  const cases = [
    {
      listeners: '',
      want: [
        'machines 10.75.0.1:4080',
        'operators tls 10.75.0.1:4443 https',
        'operators tls 127.0.0.1:4443 https',
        socket,
      ],
    },
    {
      listeners: 'admin: { address: 10.0.0.5, port: 443, socket: /run/x.sock }',
      want: ['machines 10.75.0.1:4080', 'operators tls 10.0.0.5:443 https', 'operators socket /run/x.sock'],
    },
    {
      listeners: 'admin: { address: 10.0.0.5, port: 4080 }',
      want: ['machines 10.75.0.1:4080', 'operators tls 10.0.0.5:4080 https', socket],
    },
    {
      listeners: 'admin: { trusted: true }',
      want: ['both trusted 10.75.0.1:4080', 'both trusted 127.0.0.1:4080', socket],
    },
    {
      listeners: 'admin: { trusted: true, address: 0.0.0.0 }',
      want: ['both trusted 0.0.0.0:4080', socket],
    },
    {
      listeners: 'admin: { trusted: true, port: 4081 }',
      want: [
        'machines 10.75.0.1:4080',
        'operators trusted 10.75.0.1:4081',
        'operators trusted 127.0.0.1:4081',
        socket,
      ],
    },
    {
      listeners: 'admin: { trusted: true, tls: { certificate: c.pem, key: k.pem } }',
      want: [
        'machines 10.75.0.1:4080',
        'operators trusted 10.75.0.1:4443 https',
        'operators trusted 127.0.0.1:4443 https',
        socket,
      ],
    },
    {
      listeners: 'admin: { trusted: true, address: 10.0.0.5 }',
      want: ['machines 10.75.0.1:4080', 'operators trusted 10.0.0.5:4080', socket],
    },
    {
      listeners: 'admin: { trusted: true, address: 10.75.0.1 }',
      want: ['both trusted 10.75.0.1:4080', socket],
    },
  ];
  for (const { listeners, want } of cases) {
    it(`${listeners || 'as it comes'}: ${want.join(', ')}`, () => {
      const config = parseConfig(`${houseConfig}\nlisteners: { ${listeners} }`, 'house.yaml');
      expect(
        listenersOf(config).map((listener) =>
          'socket' in listener
            ? `${listener.audience} ${listener.way} ${listener.socket}`
            : [
                listener.audience,
                listener.way,
                `${listener.address}:${listener.port}`,
                listener.isOverTls && 'https',
              ]
                .filter(Boolean)
                .join(' '),
        ),
      ).to.deep.equal(want);
    });
  }

  it('has its socket in the folder that systemd makes', () => {
    const config = parseConfig(houseConfig, 'house.yaml');
    expect(listenersOf(config, '/run/imago').at(-1)).to.include({ socket: '/run/imago/admin.sock' });
  });
});

describe('listenersOf other systems', () => {
  const listenersIn = (more: string) =>
    listenersOf(parseConfig(`${houseConfig}\n${more}`, 'house.yaml')).filter(({ dialect }) => dialect);
  const at = { audience: 'machines', address: '10.75.0.1' } as const;

  it('opens a port for each that is set up', () => {
    expect(listenersIn('bootcfg: { data: /srv/bootcfg }')).to.deep.equal([
      { ...at, dialect: 'bootcfg', port: 8080, setting: 'listeners.bootcfg.port' },
    ]);
    expect(listenersIn('matchbox: { records: true }\nlisteners: { matchbox: { port: 80 } }')).to.deep.equal([
      { ...at, dialect: 'matchbox', port: 80, setting: 'listeners.matchbox.port' },
    ]);
    expect(listenersIn('listeners: { pxeInit: { port: 80 } }')).to.deep.equal([]);
  });

  const faults: readonly [config: string, want: RegExp][] = [
    [
      'bootcfg: { data: a }\nmatchbox: { data: b }',
      /listeners\.matchbox\.port: 8080 is listeners\.bootcfg\.port already.*another port/,
    ],
    [
      'pxeInit: { enabled: true }\nlisteners: { pxeInit: { port: 4443 } }',
      /:\d+:\d+: listeners\.pxeInit\.port: 4443 is listeners\.admin\.port already/,
    ],
    [
      'boot: { sources: [hosts, matchbox, hosts] }',
      /boot\.sources\[1\]: matchbox is not set up: set matchbox\.data or matchbox\.records[\s\S]*boot\.sources\[2\]: 'hosts' stands there already|boot\.sources\[2\]: 'hosts' stands there already[\s\S]*boot\.sources\[1\]: matchbox is not set up/,
    ],
    ['matchbox: { data: a, records: true }', /matchbox\.records: .* cannot be set beside data/],
  ];
  for (const [config, want] of faults) {
    it(`refuses ${config.replace('\n', ', ')}`, () => {
      expect(() => listenersIn(config)).to.throw(want);
    });
  }
});

describe('a call where machines and operators share an address', () => {
  const door = new Door<Endpoint>(
    'both',
    Object.values({ ...endpoints, ...otherEndpoints, ...mayuEndpoints }),
  );
  const cases: readonly [url: string, want: string][] = [
    ['/', 'machine'],
    ['/ipxe?serial=a', 'machine'],
    ['/admin/hosts', 'operator'],
    ['/admin/host/a/set_state', 'operator'],
    ['/admin/host/a/set_installed', 'machine'],
    ['/admin/host/a/boot_complete?x', 'machine'],
    ['/admin/host/a/boot_complete/x', 'operator'],
    ['/admin/host/a/b/boot_complete', 'operator'],
    ['/api/v1/hosts', 'operator'],
    ['/apidae', 'machine'],
    ['/health', 'operator'],
    ['/metrics', 'operator'],
    ['//admin/hosts', 'machine'],
    ['/%61dmin/hosts', 'machine'],
  ];
  for (const [url, want] of cases) {
    it(`${url} is one of a ${want}`, () => {
      expect(door.roleOf(url.split('?', 1)[0] ?? '', undefined)).to.equal(want);
    });
  }
});

describe('createHttpServers', () => {
  it('keeps machines and operators apart on two ports', async () => {
    const house = await openHouse();
    try {
      for (const path of ['/ipxe?serial=ser1', '/boot.ipxe', '/images/vmlinuz', '/first-stage-script/ser1']) {
        expect((await fetch(house.operatorUrl + path)).status, path).to.equal(404);
      }
      expect((await fetch(`${house.operatorUrl}/api/v1/version`)).status).to.equal(200);
      expect((await fetch(`${house.operatorUrl}/health`)).status).to.equal(200);
    } finally {
      await house.close();
    }
  });

  it('says which port is taken, and what to do; nothing listens then', async () => {
    const house = await openHouse();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const at = (each: number) =>
      ({ audience: 'both', address: '127.0.0.1', port: each, setting: 'listeners.http.port' }) as const;
    const free = Number(new URL(house.operatorUrl).port);
    await house.close();
    const servers = createHttpServers(house.services, [], [at(free), at(port)]);
    const failure = await servers.start().then(
      () => 'none',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );
    other.close();
    expect(failure).to.equal(
      `cannot listen on 127.0.0.1 port ${port}/tcp: another process has it; find it with \`ss -ltnp 'sport = :${port}'\` and stop it, or set listeners.http.port`,
    );
    const refused = await fetch(`http://127.0.0.1:${free}/`).then(
      () => false,
      () => true,
    );
    expect(refused).to.equal(true);
  });

  it('says that this machine does not have the address', async () => {
    const house = await openHouse();
    await house.close();
    const listener = {
      audience: 'both',
      address: '192.0.2.1',
      port: 4080,
      setting: 'listeners.http.port',
    } as const;
    const failure = await createHttpServers(house.services, [], [listener])
      .start()
      .then(
        () => 'none',
        (error: unknown) => (error instanceof Error ? error.message : ''),
      );
    expect(failure).to.match(/does not have the address 192\.0\.2\.1; .*correct network\.serverAddress/);
  });
});
