import type { DaemonLab, Finished } from './daemon-lab.js';

/** Where the daemon of a lab answers machines and operators. */
export const BASE = 'http://10.75.0.1:4080';

/** What an operator has in the folder of an installation: the programs on his path, and a shell. */
export class OperatorsShell {
  constructor(private readonly lab: DaemonLab) {}

  type(command: string): Promise<Finished> {
    return this.lab.onServer('env', '-C', this.lab.folder, 'sh', '-c', command);
  }

  /** A machine's whole way, by the calls that it makes. */
  installs(serial: string): Promise<Finished> {
    const report = JSON.stringify({ Serial: serial, NetDevs: [], IPMIAddress: '', ConnectedNIC: 'eth0' });
    return this.type(
      [
        `curl -sf '${BASE}/ipxe?serial=${serial}' >/dev/null`,
        `curl -sf -d '${report}' ${BASE}/final-ignition-config.json >/dev/null`,
        `curl -sf -X PUT ${BASE}/admin/host/${serial}/set_installed`,
        `curl -sf -X PUT ${BASE}/admin/host/${serial}/boot_complete`,
      ].join(' && '),
    );
  }
}
