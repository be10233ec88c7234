import { expect } from 'chai';
import { siege, SPARE, type SiegeReport } from '../../bench/siege/siege.js';
import { shortSiege } from '../../bench/siege/sizes.js';

/** `npm run siege` is the whole of it. */
describe('machines that are installed while a hostile client does all it can', function () {
  this.timeout(240_000);
  let report: SiegeReport;

  before(async () => {
    report = await siege(shortSiege, () => undefined);
  });

  it('all come through', () => {
    expect(report.lives.faults).to.deep.equal([]);
    expect(report.lives.through).to.equal(shortSiege.machines);
  });

  it('cost imago less than 400 MiB', () => expect(report.peakMebibytes).to.be.below(400));

  it('leave no descriptor open', () =>
    expect(report.descriptors.after).to.be.at.most(report.descriptors.before + SPARE));

  it('name no series of metrics: those are of routes, methods, statuses and reasons', () =>
    expect(report.series.after - report.series.before).to.be.below(600));

  it('leave no commit but their own', () => {
    // The cluster's, and of each machine: created, address, profile, token, macs, nic, installing, installed, running, versions.
    expect(report.commits).to.be.at.most(1 + shortSiege.machines * 11);
  });

  it('leave a log that no message fills', () => {
    // Ten attackers, twenty lines of a kind each in ten seconds, for half a minute.
    for (const [message, lines] of Object.entries(report.loudest)) expect(lines, message).to.be.below(600);
  });

  it('are told of in metrics, bound by bound', () => {
    expect(Object.keys(report.limits)).to.include.members([
      'new host: lease',
      'new host: card',
      'http-waiting-requests',
      'http-slow-requests',
      'event-watchers-per-operator',
      'log-lines',
      'tftp_refused_total',
    ]);
  });
});
