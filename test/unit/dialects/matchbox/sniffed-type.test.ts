import { expect } from 'chai';
import { sniffedType } from '../../../../src/dialects/matchbox/sniffed-type.js';

describe('the type of what names none, as net/http of Go tells it', () => {
  const text = 'text/plain; charset=utf-8';
  const html = 'text/html; charset=utf-8';
  for (const { body, type } of [
    { body: '', type: text },
    { body: '#!ipxe\n', type: text },
    { body: 'ü', type: text },
    { body: '\t\n\x0c <!doctype HTML>', type: html },
    { body: '<p>', type: html },
    { body: '<P ', type: html },
    { body: '<pre>', type: text },
    { body: '<p', type: text },
    { body: '<!-- x', type: html },
    { body: '\n<?xml version="1.0"?>', type: 'text/xml; charset=utf-8' },
    { body: '%PDF-1.4', type: 'application/pdf' },
    { body: ' %PDF-1.4', type: text },
    { body: '%!PS-Adobe-3', type: 'application/postscript' },
    { body: '\ufeffx', type: text },
    { body: 'a\0b', type: 'application/octet-stream' },
    { body: 'a\x1bb', type: text },
    { body: `${'a'.repeat(512)}\0`, type: text },
  ]) {
    it(`${JSON.stringify(body.slice(0, 20))} is ${type}`, () =>
      expect(sniffedType(Buffer.from(body))).to.equal(type));
  }

  for (const { bytes, type } of [
    { bytes: [0xfe, 0xff, 0x00, 0x61], type: 'text/plain; charset=utf-16be' },
    { bytes: [0xff, 0xfe, 0x61, 0x00], type: 'text/plain; charset=utf-16le' },
    { bytes: [0x1f, 0x8b, 0x08, 0x00], type: 'application/x-gzip' },
    { bytes: [0x50, 0x4b, 0x03, 0x04], type: 'application/zip' },
    { bytes: [0x88, 0x01, 0x33], type: 'application/octet-stream' },
  ]) {
    it(`${Buffer.from(bytes).toString('hex')} is ${type}`, () =>
      expect(sniffedType(Buffer.from(bytes))).to.equal(type));
  }
});
