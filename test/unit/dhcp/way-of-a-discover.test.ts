import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const tool = fileURLToPath(new URL('../../../../tools/count-files-of-discover.mjs', import.meta.url));

describe('the way of a DISCOVER from the socket to its answer', () => {
  it('passes at most 20 files of src', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [tool]);
    const files = stdout.trim().split('\n');
    expect(files).to.include.members([
      'dhcp/native-port.ts',
      'dhcp/policy/decide.ts',
      'daemon/dhcp-settings.ts',
    ]);
    expect(files.length, files.join(' ')).to.be.at.most(20);
  });
});
