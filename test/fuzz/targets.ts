import { readCorpus } from './corpus.js';
import { fuzz as fuzzDecision } from './dhcp-decision.js';
import { fuzz as fuzzMessage } from './dhcp-message.js';
import type { FuzzTarget } from './target.js';
import { fuzz as fuzzPacket } from './tftp-packet.js';
import { fuzz as fuzzTransfer } from './tftp-transfer.js';

const DHCP_HEADER = 240;
const OPTION_CODES = [12, 50, 51, 52, 53, 54, 55, 57, 60, 61, 77, 82, 93, 97, 118, 175];
const OPTION_LENGTHS = [0, 1, 2, 4, 7, 17, 255];
const TFTP_WORDS = [
  'octet\0',
  'netascii\0',
  'blksize\0',
  'windowsize\0',
  'tsize\0',
  'timeout\0',
  '0\0',
  '65464\0',
];

const dhcp = {
  corpus: () => readCorpus('dhcp'),
  words: OPTION_CODES.flatMap((code) => OPTION_LENGTHS.map((length) => Uint8Array.of(code, length))),
  body: DHCP_HEADER,
};

export const targets: readonly FuzzTarget[] = [
  { name: 'dhcp-message', fuzz: fuzzMessage, ...dhcp },
  { name: 'dhcp-decision', fuzz: fuzzDecision, ...dhcp },
  {
    name: 'tftp-packet',
    fuzz: fuzzPacket,
    corpus: () => readCorpus('tftp-packet'),
    words: TFTP_WORDS.map((word) => Buffer.from(word)),
    body: 2,
  },
  {
    name: 'tftp-transfer',
    fuzz: fuzzTransfer,
    corpus: () => readCorpus('tftp-transfer'),
    // One event each, see there: acknowledgements, an error, a request once more, a long wait.
    words: [
      [0, 0, 0],
      [0, 0, 1],
      [9, 0, 8],
      [3, 0xff, 0xff],
      [4, 0, 0],
      [5, 0, 0],
      [6, 0x0f, 0xff],
    ].map((event) => Uint8Array.from(event)),
    body: 5,
  },
];
