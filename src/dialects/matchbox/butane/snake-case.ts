/** The name that Butane has for a field of Ignition's: `sshAuthorizedKeys` is `ssh_authorized_keys`, `sizeMiB` is `size_mib`. */
export function snakeCase(name: string): string {
  return name.replace(/MiB|[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
