export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal that nobody told its size says 0 by 0 (serial lines, some containers): it is taken for a VT100. */
export function screenSize({
  columns,
  rows,
}: {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}): ScreenSize {
  return { columns: columns || 80, rows: rows || 24 };
}
