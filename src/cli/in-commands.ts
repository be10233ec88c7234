/** Which command lists the records of a kind. */
const lists: Readonly<Record<string, string>> = {
  groups: 'group list',
  profiles: 'profile list',
  ignition: 'template list',
  cloud: 'template list',
  generic: 'template list',
  'netboot-images': 'netboot images',
  'netboot-machines': 'netboot machines',
};

/** What the API says, for whoever types commands: calls of the API by their command, and the setting by which a kind is kept. */
export function inCommands(message: string): string {
  return message
    .replace(/GET \/api\/v1\/records\/([a-z-]+) lists them/g, (said, kind: string) => {
      const command = lists[kind];
      return command === undefined ? said : `imagoctl ${command} shows which there are`;
    })
    .replace(
      /there are no records of the kind '([a-z-]+)': (?:none are kept here|there are [a-z0-9, -]+)/g,
      (said, kind: string) => {
        const command = lists[kind];
        if (command === undefined) return said;
        const remedy = command.startsWith('netboot')
          ? 'set pxeInit.enabled: true'
          : 'set matchbox.records: true, or edit the files in matchbox.data';
        return `imago keeps no records of the kind '${kind}': ${remedy}`;
      },
    );
}
