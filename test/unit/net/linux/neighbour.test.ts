import { expect } from 'chai';
import { listedNeighbours, neighboursListed } from '../../../../src/net/linux/neighbour.js';
import { parseIpv4 } from '../../../../src/net/ipv4.js';

const at = parseIpv4;
const TABLE = `IP address       HW type     Flags       HW address            Mask     Device
10.75.0.50       0x1         0x2         52:54:00:00:00:01     *        prov0
10.75.0.51       0x1         0x6         52:54:00:00:00:02     *        prov0
10.75.0.52       0x1         0x0         00:00:00:00:00:00     *        prov0
10.75.0.53       0x1         0x2         52:54:00:00:00:03     *        eth0
10.75.0.54       0x20        0x2         80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:10:11     *        prov0
nonsense
`;

describe('the neighbours that /proc/net/arp lists', () => {
  it('are those of the interface whose cards are known', () => {
    expect([...neighboursListed(TABLE, 'prov0')]).to.deep.equal([
      [at('10.75.0.50'), '52:54:00:00:00:01'],
      [at('10.75.0.51'), '52:54:00:00:00:02'],
      [at('10.75.0.54'), 'other'],
    ]);
  });

  it('are read again after half a second, and sooner for an address that is not among them', () => {
    let now = 0;
    let table = TABLE;
    let reads = 0;
    const neighbours = listedNeighbours(
      'prov0',
      () => now,
      () => {
        reads += 1;
        return table;
      },
    );
    expect(neighbours.at(at('10.75.0.50'))).to.equal('52:54:00:00:00:01');
    table = TABLE.replace('52:54:00:00:00:01', '52:54:00:00:00:0a').replace('10.75.0.52 ', '10.75.0.99 ');
    now = 10;
    expect(neighbours.at(at('10.75.0.77')), 'a flood of strangers reads no more').to.equal(undefined);
    expect(reads).to.equal(1);
    now = 400;
    expect(neighbours.at(at('10.75.0.50'))).to.equal('52:54:00:00:00:01');
    expect(reads).to.equal(1);
    expect(neighbours.at(at('10.75.0.77'))).to.equal(undefined);
    expect(reads).to.equal(2);
    expect(neighbours.at(at('10.75.0.50'))).to.equal('52:54:00:00:00:0a');
    now = 1000;
    neighbours.at(at('10.75.0.50'));
    expect(reads).to.equal(3);
  });
});
