/** The languages of templates, as matchbox's users write them. */
export interface Languages {
  /** A template of Go's, in which a key that is missing is a fault. @throws ImagoError */
  template(name: string, text: Buffer): Template;
  /** The Ignition of a Butane config, in one line. @throws ImagoError */
  translate(butane: string, name: string): Promise<string>;
  /** An Ignition config as it is served, in one line. @throws ImagoError */
  ignition(text: string, name: string): string;
}

export interface Template {
  /** @throws ImagoError */
  execute(data: unknown): string;
}
