import { expect } from 'chai';
import { busybox, curl, type ClientProgram } from './support/tftp-clients.js';
import { TftpLab } from './support/tftp-lab.js';

const PERCENT = 10;
/** Clients that go on asking; Debian's atftp gives up by itself when it is unlucky with a window. */
const clients: readonly ClientProgram[] = [busybox, curl];

describe(`TFTP where ${PERCENT} % of the packets are lost, in both directions`, function () {
  this.timeout(90_000);
  let lab: TftpLab;

  before(async () => {
    lab = await TftpLab.open('loss');
    await lab.file('loader.efi', 64 * 1024 + 17);
  });

  after(() => lab.close());

  for (const transport of ['batches', 'dgram']) {
    it(`100 of 100 transfers arrive, sent by ${transport}`, async () => {
      const relay = await lab.serveWithLoss(transport, PERCENT);
      const fetched = Array.from({ length: 100 }, async (_, index) => {
        const client = clients[index % clients.length] ?? busybox;
        await client.fetch(lab, 'loader.efi', `got-${index}`);
        if (!(await lab.arrived('loader.efi', `got-${index}`)))
          throw new Error(`${client.name} got other bytes`);
      });
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
