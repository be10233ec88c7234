export interface MachineView {
  readonly serial: string;
  readonly firmware: string;
  readonly address: string;
  readonly profile: string;
  readonly state: string;
  /** What it does at the moment. */
  readonly activity: string;
}

const heading: MachineView = {
  serial: 'SERIAL',
  firmware: 'FIRMWARE',
  address: 'ADDRESS',
  profile: 'PROFILE',
  state: 'STATE',
  activity: 'DOING',
};
const columns = ['serial', 'firmware', 'address', 'profile', 'state', 'activity'] as const;

/** A terminal that nobody told its size says 0. */
const USUAL_WIDTH = 80;

/** The table as lines, none longer than the terminal is wide. */
export function tableLines(views: readonly MachineView[], seconds: number, width: number): string[] {
  const rows = [heading, ...views];
  const lines = rows.map((row) =>
    columns.map((name) => row[name].padEnd(Math.max(...rows.map((other) => other[name].length)))).join('  '),
  );
  const running = views.filter(({ state }) => state === 'running').length;
  return views.length === 0
    ? []
    : ['', ...lines, '', `${running} of ${views.length} running after ${seconds} s`].map((line) =>
        line.slice(0, width).trimEnd(),
      );
}

/** One line for each machine whose state or address is another than before: for logs and pipes. */
export function changeLines(
  before: readonly MachineView[],
  views: readonly MachineView[],
  seconds: number,
): string[] {
  return views.flatMap((view) => {
    const old = before.find(({ serial }) => serial === view.serial);
    if (old?.state === view.state && old.address === view.address) return [];
    const facts = [view.serial, `(${view.firmware})`, view.state, view.address, view.profile];
    return [`${String(seconds).padStart(4)} s  ${facts.filter((fact) => fact !== '').join(' ')}`];
  });
}

/** Shows the machines: redrawn in place on a terminal, line by line elsewhere. */
export class LiveTable {
  #height = 0;
  #shown: readonly MachineView[] = [];
  readonly #start = performance.now();

  constructor(private readonly out: NodeJS.WriteStream) {}

  /** What was written in between is not drawn over. */
  startAnew(): void {
    this.#height = 0;
  }

  show(views: readonly MachineView[]): void {
    const seconds = Math.round((performance.now() - this.#start) / 1000);
    const lines = this.out.isTTY
      ? tableLines(views, seconds, (this.out.columns || USUAL_WIDTH) - 1)
      : changeLines(this.#shown, views, seconds);
    this.#shown = views;
    if (this.out.isTTY) {
      this.out.moveCursor(0, -this.#height);
      this.out.cursorTo(0);
      this.out.clearScreenDown();
      this.#height = lines.length;
    }
    for (const line of lines) this.out.write(`${line}\n`);
  }
}
