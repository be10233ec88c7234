import { expect } from 'chai';
import { openHouse } from '../../support/http-house.js';

const SHARED = '01010101-0101-0101-0101-010101010101';
const OTHER_SHARED = '6ab5b300-538d-1014-9fb5-b0684d007b53';
const OWN = '4c4c4544-0031-3010-8047-b4c04f564433';

describe('UUIDs that many machines have', () => {
  it('I3: each is warned of once, with the serial and the MAC of who showed it first', async () => {
    const lines: Record<string, unknown>[] = [];
    const house = await openHouse({ logTo: { write: (line) => lines.push(JSON.parse(line)) } });
    try {
      for (const query of [
        `serial=SER0001&uuid=${SHARED}&mac=52-54-00-00-00-01`,
        `serial=SER0001&uuid=${SHARED}&mac=52-54-00-00-00-01`,
        `serial=SER0002&uuid=${SHARED.toUpperCase()}&mac=52-54-00-00-00-02`,
        `serial=SER0003&uuid=${OTHER_SHARED.toUpperCase()}&mac=52-54-00-00-00-03`,
        `serial=SER0004&uuid=${OWN}&mac=52-54-00-00-00-04`,
        'serial=SER0005&uuid=&mac=52-54-00-00-00-05',
        'serial=SER0006&uuid=zz&mac=52-54-00-00-00-06',
      ]) {
        await (await fetch(`${house.url}/ipxe?${query}`)).text();
      }
    } finally {
      await house.close();
    }
    const warned = lines.filter((line) => line['level'] === 40 && 'uuid' in line);
    expect(warned.map(({ uuid, serial, mac }) => ({ uuid, serial, mac }))).to.deep.equal([
      { uuid: SHARED, serial: 'SER0001', mac: '52:54:00:00:00:01' },
      { uuid: OTHER_SHARED, serial: 'SER0003', mac: '52:54:00:00:00:03' },
    ]);
    expect(warned[0]?.['msg']).to.match(/never gave this machine a UUID of its own: many have this one/);
  });
});
