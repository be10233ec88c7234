import { expect } from 'chai';
import { serveIgnition } from '../../../../../src/dialects/matchbox/butane/serve-ignition.js';
import { TemplateFault } from '../../../../../src/template/template-fault.js';
import { goFixtures } from './go-fixtures.js';

const serve = (config: string) => serveIgnition(config, 'node.ign');

function faultOf(config: string): TemplateFault {
  try {
    serve(config);
  } catch (error) {
    if (error instanceof TemplateFault) return error;
    throw error;
  }
  throw new Error('it was served');
}

describe('an Ignition config that is served', () => {
  for (const { name, config, served } of goFixtures.served) {
    it(`is byte for byte what Go's libraries make of it: ${name}`, () => {
      expect(serve(config).ignition).to.equal(served);
    });
  }

  // Written down in the tests of matchbox itself.
  it('stays as it is when matchbox wrote it', () => {
    const served =
      '{"ignition":{"config":{"replace":{"verification":{}}},"proxy":{},"security":{"tls":{}},"timeouts":{},"version":"3.4.0"},"kernelArguments":{},"passwd":{"users":[{"name":"core","sshAuthorizedKeys":["key"]}]},"storage":{},"systemd":{"units":[{"enabled":false,"name":"docker.service"}]}}';
    expect(serve(served)).to.deep.equal({ ignition: served, warnings: [] });
    expect(serve(served.replace('3.4.0', '3.1.0')).ignition).to.equal(served);
  });

  it('has what came with 3.4.0, in the order of Go', () => {
    const luks =
      '{"openOptions":["--a"],"name":"l","discard":true,"device":"/dev/l","clevis":{"tang":[{"url":"https://t","thumbprint":"p","advertisement":"{}"}]}}';
    const { ignition } = serve(`{"ignition":{"version":"3.4.0"},"storage":{"luks":[${luks}]}}`);
    expect(ignition).to.contain(
      '"luks":[{"clevis":{"custom":{},"tang":[{"advertisement":"{}","thumbprint":"p","url":"https://t"}]},"device":"/dev/l","discard":true,"keyFile":{"verification":{}},"name":"l","openOptions":["--a"]}]',
    );
  });

  it('keeps a version that matchbox does not know yet, with its fields', () => {
    const { ignition } = serve(
      '{"ignition":{"version":"3.5.0"},"storage":{"luks":[{"name":"l","device":"/dev/l","cex":{"enabled":true}}]}}',
    );
    expect(ignition).to.contain('"version":"3.5.0"');
    expect(ignition).to.contain('"luks":[{"cex":{"enabled":true},"clevis":{"custom":{}},');
  });

  it('goes without what its version does not know, and says where that stands', () => {
    expect(serve('{"ignition":{"version":"3.2.0"},\n"kernelArguments":{},\n"foo":1}').warnings).to.deep.equal(
      [
        {
          line: 2,
          field: 'kernelArguments',
          message: 'is not a field of Ignition 3.2.0: it is left out',
        },
        { line: 3, field: 'foo', message: 'is not a field of Ignition 3.2.0: it is left out' },
      ],
    );
  });

  it('keeps what Ignition takes and no machine can want, with a warning', () => {
    const { ignition, warnings } = serve(
      '{"ignition":{"version":"3.3.0"},"passwd":{"users":[{"name":"core","sshAuthorizedKeys":["key\\n"]}]}}',
    );
    expect(ignition).to.contain('"sshAuthorizedKeys":["key\\n"]');
    expect(warnings.map(({ field, message }) => ({ field, message }))).to.deep.equal([
      {
        field: 'passwd.users[0].sshAuthorizedKeys[0]',
        message: "'key\u{fffd}' is not one public key; Ignition takes it all the same",
      },
    ]);
  });

  it('tells no more than a hundred warnings', () => {
    const unknown = Array.from({ length: 200 }, (_, index) => `"x${index}":1`).join(',');
    expect(serve(`{"ignition":{"version":"3.3.0"},${unknown}}`).warnings).to.have.length(100);
  });

  it('has no lines in the warnings of a long file', () => {
    const long = 'x'.repeat(300_000);
    const [warning] = serve(`{"ignition":{"version":"3.3.0"},"foo":"${long}"}`).warnings;
    expect(warning).to.include({ line: undefined, field: 'foo' });
  });

  for (const { name, config, want } of [
    {
      name: 'a wrong field',
      config: '{"ignition":{"version":"3.3.0"},\n"storage":{"files":[{\n"path":"etc/motd"}]}}',
      want: "node.ign:3: storage.files[0].path: 'etc/motd' is not an absolute path",
    },
    {
      name: 'several wrong fields',
      config: '{"ignition":{"version":"3.3.0"},"storage":{"files":[{"path":"a"},{"path":"b"},{"path":"c"}]}}',
      want: "node.ign:1: storage.files[0].path: 'a' is not an absolute path; 2 more are wrong",
    },
    {
      name: 'a list where a table belongs',
      config: '{"ignition":{"version":"3.3.0"},"storage":[]}',
      want: "node.ign:1: storage: '[]' is wrong: Invalid input: expected object, received array",
    },
    {
      name: 'no version',
      config: '{"storage":{}}',
      want: 'node.ign:1: ignition.version: is missing: an Ignition config names its version, as in "3.3.0"',
    },
    {
      name: 'a version of Container Linux',
      config: '{"ignition":{"version":"2.2.0"}}',
      want: "node.ign:1: ignition.version: '2.2.0' is of Container Linux, which matchbox served before 0.10: make a config of version 3 of it",
    },
    {
      name: 'a list',
      config: '[]',
      want: 'node.ign: is no Ignition config, which is a table: {"ignition": …}',
    },
    {
      name: 'more than a MiB',
      config: `{"ignition":{"version":"3.3.0"},"foo":"${'x'.repeat(1 << 20)}"}`,
      want: 'node.ign: is longer than 1 MiB: name a URL (source) for what is big',
    },
  ]) {
    it(`is refused with its place: ${name}`, () => {
      expect(faultOf(config).message).to.equal(want);
    });
  }

  it('is refused with its place: no JSON', () => {
    expect(faultOf('{\n"ignition":').message).to.match(/^node\.ign:2: is no JSON: /);
    expect(faultOf('['.repeat(100_000)).message).to.match(/^node\.ign:1: is no JSON: /);
  });
});
