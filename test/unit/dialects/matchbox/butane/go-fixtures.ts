import { readFileSync } from 'node:fs';

interface GoFixtures {
  readonly served: readonly { readonly name: string; readonly config: string; readonly served: string }[];
  readonly inline: readonly {
    readonly text: string;
    readonly source: string;
    readonly compression: '' | 'gzip';
  }[];
  readonly unitNames: readonly { readonly path: string; readonly name: string }[];
}

/** What Go made of the same; the file says with which libraries. */
export const goFixtures = JSON.parse(readFileSync('test/fixtures/ignition/go.json', 'utf8')) as GoFixtures;
