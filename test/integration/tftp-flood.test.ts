import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { curl } from './support/tftp-clients.js';
import { floodKinds } from './support/tftp-floods.js';
import { SERVER_ADDRESS, TftpLab } from './support/tftp-lab.js';

const COUNT = 200_000;
/** What two busy processors take; of what comes faster the kernel loses some, and good clients' requests with it. */
const PER_SECOND = 20_000;
/** Places for transfers by default, each with a file; and what a daemon has open besides. */
const MOST_DESCRIPTORS = 2000 + 100;
const MOST_MIB = 300;

describe(`A3: TFTP while somebody sends ${COUNT} datagrams of a kind`, function () {
  this.timeout(120_000);
  let lab: TftpLab;
  let pid: number;

  before(async () => {
    lab = await TftpLab.open('flood');
    await lab.file('good.efi', 512 * 1024);
    await lab.file('boot.bin', 1024 * 1024);
    await lab.file('disk.bin', 20 * 1024 * 1024); // not kept in memory
    pid = await lab.serve('batches', 'own');
  });

  after(() => lab.close());

  for (const kind of floodKinds) {
    it(`${kind}: other clients are served, memory and descriptors stay bounded`, async () => {
      const script = new URL('support/tftp-flood.js', import.meta.url).pathname;
      const words = [script, SERVER_ADDRESS, kind, String(COUNT), String(PER_SECOND)];
      const flood = { isOver: false };
      const sent = lab.run(process.execPath, words).finally(() => {
        flood.isOver = true;
      });
      let served = 0;
      let descriptors = 0;
      let mib = 0;
      while (!flood.isOver) {
        await curl.fetch(lab, 'good.efi', 'got');
        expect(await lab.arrived('good.efi', 'got')).to.equal(true);
        served += 1;
        descriptors = Math.max(descriptors, readdirSync(`/proc/${pid}/fd`).length);
        mib = Math.max(mib, residentMib(pid));
      }
      await sent;
      expect(served).to.be.at.least(1);
      expect(descriptors).to.be.at.most(MOST_DESCRIPTORS);
      expect(mib).to.be.at.most(MOST_MIB);
    });
  }
});

function residentMib(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}
