import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of its own with what files are written into it. */
export interface DataFolder {
  readonly root: string;
  write(path: string, content: unknown): Promise<void>;
  remove(path: string): Promise<void>;
  close(): Promise<void>;
}

/** @param files by their paths; what is no text is written as JSON */
export async function dataFolder(files: Readonly<Record<string, unknown>> = {}): Promise<DataFolder> {
  const root = await mkdtemp(join(tmpdir(), 'imago-data-'));
  const write = async (path: string, content: unknown) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(
      join(root, path),
      typeof content === 'string' ? content : JSON.stringify(content, null, 4),
    );
  };
  for (const [path, content] of Object.entries(files)) await write(path, content);
  return {
    root,
    write,
    remove: (path) => rm(join(root, path), { recursive: true }),
    close: () => rm(root, { recursive: true }),
  };
}
