/** A disk that a system can be written to, as the machine's installer reports it. */
export interface Disk {
  /** The kernel's name, as in `nvme0n1`. */
  readonly name: string;
  readonly bytes: number;
}

/** What a machine says that it is made of. What it did not say is left out. */
export interface Hardware {
  readonly manufacturer?: string | undefined;
  readonly product?: string | undefined;
  /** What the firmware leaves to systems, or of that what the kernel does: somewhat less than what is plugged in. */
  readonly memoryBytes?: number | undefined;
  /** Empty where the installer found none. */
  readonly disks?: readonly Disk[] | undefined;
}

/** What was said later completes what was said before, and comes first where it `isReport`: an installer sees more than firmware. */
export function completedHardware(
  before: Hardware | undefined,
  said: Hardware | undefined,
  isReport = false,
): Hardware | undefined {
  if (!said) return before;
  const [first, second] = isReport ? [said, before] : [before, said];
  const whole = { ...withoutGaps(second), ...withoutGaps(first) };
  return Object.keys(whole).length === 0 ? undefined : whole;
}

function withoutGaps(hardware: Hardware | undefined): Hardware {
  return Object.fromEntries(Object.entries(hardware ?? {}).filter(([, value]) => value !== undefined));
}
