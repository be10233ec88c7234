import { expect } from 'chai';
import { atftpWindowed, busybox, curl, type ClientProgram } from './support/tftp-clients.js';
import { TftpLab, type ClientMachine } from './support/tftp-lab.js';

const PERCENT = 10;
const clients: readonly ClientProgram[] = [busybox, curl, atftpWindowed];

describe(`TFTP where ${PERCENT} % of the packets are lost, in both directions`, function () {
  this.timeout(90_000);
  let lab: TftpLab;
  const machines: ClientMachine[] = [];

  before(async () => {
    lab = await TftpLab.open('loss');
    await lab.file('loader.efi', 64 * 1024 + 17);
    for (let number = 0; number < 100 / clients.length; number += 1) machines.push(await lab.machine());
  });

  after(() => lab.close());

  async function fetchedBy({ name, fetch }: ClientProgram, machine: number): Promise<void> {
    const as = `got-${name}-${machine}`;
    await fetch(machines[machine] ?? lab, 'loader.efi', as);
    if (!(await lab.arrived('loader.efi', as))) throw new Error(`${name} got other bytes`);
  }

  for (const transport of ['batches', 'dgram']) {
    it(`100 of 100 transfers arrive, sent by ${transport}`, async () => {
      const relay = await lab.serveWithLoss(transport, PERCENT);
      const fetched = machines.flatMap((_, machine) => clients.map((client) => fetchedBy(client, machine)));
      const missed = (await Promise.allSettled(fetched)).flatMap((each) =>
        each.status === 'rejected' ? [String(each.reason).slice(-400)] : [],
      );
      await lab.stopServers();
      const { toServer, toClient, carried } = JSON.parse(relay.told().split('\n').at(-2) ?? '{}') as Record<
        string,
        number
      >;
      expect(missed).to.deep.equal([]);
      expect(toServer).to.be.above(carried! * 0.02);
      expect(toClient).to.be.above(carried! * 0.02);
    });
  }
});
