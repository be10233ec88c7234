import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  inlineResource,
  percentEncodedResource,
} from '../../../../../src/dialects/matchbox/butane/data-url.js';
import { goFixtures } from './go-fixtures.js';

/** What a machine gets of it. */
function contentsOf({ source, compression }: { source: string; compression: string | undefined }): string {
  const base64 = /^data:;base64,(.*)$/.exec(source)?.[1];
  const bytes = base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  if (compression === 'gzip') return gunzipSync(bytes ?? '').toString();
  return bytes?.toString() ?? decodeURIComponent(source.slice('data:,'.length));
}

describe('contents that stand in a Butane config', () => {
  for (const { text, source, compression } of goFixtures.inline) {
    const shown = JSON.stringify(text.slice(0, 20));
    it(`${shown} of ${text.length} characters are written as Go's libraries write them`, () => {
      const made = inlineResource(text, false);
      expect(made.compression).to.equal(compression);
      if (compression === '') expect(made.source).to.equal(source);
      else expect(contentsOf(made)).to.equal(contentsOf({ source, compression }));
    });
  }

  it('are what the machine gets, in every writing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.nat(20), (text, times) => {
        const long = text.repeat(times);
        expect(contentsOf(inlineResource(long, false))).to.equal(long);
        expect(contentsOf(inlineResource(long, true))).to.equal(long);
        expect(contentsOf(percentEncodedResource(long))).to.equal(long);
      }),
    );
  });

  it('are not compressed again', () => {
    const { source, compression } = inlineResource('z'.repeat(500), true);
    expect({ source, compression }).to.deep.equal({
      source: `data:,${'z'.repeat(500)}`,
      compression: undefined,
    });
  });

  it('are packed with the header that Go writes', () => {
    const { source } = inlineResource('z'.repeat(500), false);
    expect(source).to.match(/^data:;base64,H4sIAAAAAAAC\//);
  });
});
