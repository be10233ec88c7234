import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { NeedsRestart, ReloadableConfig } from '../../../src/daemon/reloadable-config.js';

const shipped = readFileSync('conf/imago.yaml', 'utf8');
const parse = (text: string) => parseConfig(text, 'imago.yaml');

describe('a configuration that is reloaded', () => {
  it('takes the place of the old one as a whole, and its followers are told', () => {
    let text = shipped;
    const config = new ReloadableConfig(parse(shipped), () => parse(text));
    const seen: (number | undefined)[] = [];
    config.follow(({ profiles }) => seen.push(profiles[0]?.quantity));
    text = shipped.replace('quantity: 1', 'quantity: 7');
    config.reload();
    expect([config.current.profiles[0]?.quantity, ...seen]).to.deep.equal([7, 7]);
  });

  for (const { name, from, to, want } of [
    { name: 'faulty', from: 'quantity: 1', to: 'quantity: many', want: /profiles\[0\]\.quantity: 'many'/ },
    {
      name: 'of another cluster',
      from: 'cluster: sandbox',
      to: 'cluster: other',
      want: /^cluster holds from the start on: restart imago to change it/,
    },
    {
      name: 'of another mode of DHCP',
      from: '  mode: server',
      to: '  mode: proxy',
      want: /^dhcp\.mode holds from the start on/,
    },
    {
      name: 'with other sockets',
      from: 'tftp: { port: 69 }',
      to: 'tftp: { port: 1069 }',
      want: /^listeners holds from the start on/,
    },
  ]) {
    it(`is refused when it is ${name}, and the old one stays`, () => {
      const config = new ReloadableConfig(parse(shipped), () => parse(shipped.replace(from, to)));
      const before = config.current;
      let refusal: unknown;
      config.follow(() => expect.fail('nobody may follow what was refused'));
      try {
        config.reload();
      } catch (error) {
        refusal = error;
      }
      expect(refusal).to.be.an('error').with.property('message').that.matches(want);
      expect(config.current).to.equal(before);
    });
  }

  it('names all settings that need a restart', () => {
    expect(new NeedsRestart(['cluster', 'paths']).message).to.equal(
      'cluster, paths hold from the start on: restart imago to change them; nothing was reloaded',
    );
  });
});
