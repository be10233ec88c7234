/** What a simulated BMC is. */
export interface IpmiSimSettings {
  readonly address: string;
  /** UDP. */
  readonly port: number;
  /** Name and password, and which level they reach. */
  readonly users: readonly {
    readonly name: string;
    readonly password: string;
    readonly level: 'admin' | 'user';
  }[];
  /** The program that is called as `PROGRAM 0x20 get|set KEY [VALUE]…` for whatever concerns the machine itself. */
  readonly chassis: string;
}

/** The arguments of OpenIPMI's `ipmi_sim`, for a folder that holds `ipmiSimFiles` and a folder `state`. */
export const ipmiSimArguments = ['-c', 'lan.conf', '-f', 'sim.emu', '-s', 'state', '-n'] as const;

/** The files that `ipmi_sim` reads, by name: ipmi_lan(5), ipmi_sim_cmd(5). */
export function ipmiSimFiles({ address, port, users, chassis }: IpmiSimSettings): Record<string, string> {
  const methods = 'none md2 md5 straight';
  const lan = [
    'name "sim"',
    'set_working_mc 0x20',
    'startlan 1',
    `addr ${address} ${port}`,
    'priv_limit admin',
    ...['callback', 'user', 'operator', 'admin'].map((level) => `allowed_auths_${level} ${methods}`),
    'guid a123456789abcdefa123456789abcdef',
    'endlan',
    `chassis_control "${chassis} 0x20"`,
    ...users.map(
      ({ name, password, level }, index) =>
        `user ${index + 2} true "${name}" "${password}" ${level} 10 ${methods}`,
    ),
  ];
  const emulation = [
    'mc_setbmc 0x20',
    'mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02',
    'sel_enable 0x20 1000 0x0a',
    'mc_enable 0x20',
  ];
  return { 'lan.conf': `${lan.join('\n')}\n`, 'sim.emu': `${emulation.join('\n')}\n` };
}
