import { packet } from '../unit/dhcp/packets.js';
import { ports } from './attack-lab.js';
import type { Asked } from './machine.js';

/** Who sends it. */
export interface Sender {
  readonly serial: string;
  readonly mac: string;
}

/** A field that a machine controls, with a text in it. */
export type Field = (payload: string, sender: Sender) => Asked;

/** Every byte that a URL does not take as it is, in its escape. */
function inUrl(payload: string): string {
  return [...Buffer.from(payload, 'latin1')]
    .map((byte) =>
      /[A-Za-z0-9._~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : hex(byte),
    )
    .join('');
}

function hex(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}

const query =
  (name: string): Field =>
  (payload, { serial, mac }) => ({
    path: `/ipxe?serial=${serial}&mac=${mac}&platform=pcbios&${name}=${inUrl(payload)}`,
  });

/** The bytes as they are: a client that escapes nothing. */
const header =
  (name: string): Field =>
  (payload, { serial }) => ({
    by: 'bytes',
    body: `GET /ipxe?serial=${serial} HTTP/1.1\r\n${name === 'Host' ? '' : 'Host: 10.75.0.1\r\n'}${name}: ${payload}\r\nConnection: close\r\n\r\n`,
  });

const post =
  (
    path: (sender: Sender) => string,
    bodyOf: (payload: string, sender: Sender) => string,
    type = 'application/json',
    method = 'POST',
  ): Field =>
  (payload, sender) => ({
    method,
    path: path(sender),
    headers: { 'content-type': type },
    body: bodyOf(payload, sender),
  });

/** As JSON has it: what it has no words for are its escapes; bytes that are no UTF-8 stay. */
function inJson(payload: string): string {
  return JSON.stringify(payload);
}

const facts = (change: (payload: string, sender: Sender) => object): Field =>
  post(
    () => '/final-ignition-config.json',
    (payload, sender) =>
      Buffer.from(
        JSON.stringify({
          Serial: sender.serial,
          NetDevs: [{ Name: 'eth0', MacAddress: sender.mac }],
          ConnectedNIC: 'eth0',
          ...change(payload, sender),
        }),
      ).toString('latin1'),
  );

const dhcpOption =
  (code: number): Field =>
  (payload, { mac }) => ({
    by: 'datagram',
    body: packet({
      chaddr: mac,
      flags: 0x8000,
      options: [
        [53, '01'],
        [code, Buffer.from(payload.slice(0, 250), 'latin1').toString('hex')],
      ],
    }).toString('latin1'),
  });

export const fields: Readonly<Record<string, Field>> = {
  'DHCP option 12, the host name': dhcpOption(12),
  'DHCP option 55, what is asked for': dhcpOption(55),
  'DHCP option 60, the vendor class': dhcpOption(60),
  'DHCP option 61, the client identifier': dhcpOption(61),
  'DHCP option 66, the server name': dhcpOption(66),
  'DHCP option 67, the boot file': dhcpOption(67),
  'DHCP option 77, the user class': dhcpOption(77),
  'DHCP option 93, the architecture': dhcpOption(93),
  'DHCP option 97, the UUID': dhcpOption(97),
  'DHCP option 175, of iPXE': dhcpOption(175),
  'the boot file of a DHCP message': (payload, { mac }) => ({
    by: 'datagram',
    body: packet({
      chaddr: mac,
      flags: 0x8000,
      file: payload.slice(0, 127),
      sname: payload.slice(0, 63),
      options: [[53, '01']],
    }).toString('latin1'),
  }),
  'the name of a TFTP request': (payload) => ({ by: 'tftp', path: payload.replaceAll('\0', '') }),
  'the options of a TFTP request': (payload) => ({
    by: 'datagram',
    port: 69,
    body: `\0\u0001ipxe.efi\0octet\0${payload}\0${payload}\0`,
  }),
  'a message of a TFTP error': (payload) => ({ by: 'datagram', port: 69, body: `\0\u0005\0\0${payload}\0` }),
  'the serial that it says': (payload, { mac }) => ({ path: `/ipxe?serial=${inUrl(payload)}&mac=${mac}` }),
  'the card that it says': (payload, { serial }) => ({
    path: `/ipxe?serial=${serial}&mac=${inUrl(payload)}`,
  }),
  'its UUID': query('uuid'),
  'its manufacturer': query('manufacturer'),
  'its product': query('product'),
  'its asset tag': query('asset'),
  'its board': query('board'),
  'its chassis': query('chassis'),
  'its slot': query('slot'),
  'its further cards': query('nics'),
  'its platform': query('platform'),
  'its architecture': query('arch'),
  'a label that nobody knows': query('label'),
  'the name of a label': (payload, { serial }) => ({ path: `/ipxe?serial=${serial}&${inUrl(payload)}=1` }),
  'the serial of a first stage': (payload) => ({ path: `/first-stage-script/${inUrl(payload)}` }),
  'the serial of an Ignition': (payload) => ({ path: `/ignition/${inUrl(payload)}` }),
  'a capability': (payload, { serial }) => ({ path: `/m/${inUrl(payload)}/first-stage-script/${serial}` }),
  'a path': (payload) => ({ path: `/${inUrl(payload)}` }),
  'a method and a path, byte by byte': (payload) => ({
    by: 'bytes',
    body: `${payload} /${payload} HTTP/1.1\r\n\r\n`,
  }),
  'the name of an image': (payload, { serial }) => ({ path: `/images/${serial}/${inUrl(payload)}` }),
  'the name of a mirror': (payload) => ({ path: `/mirror/${inUrl(payload)}/file` }),
  'the serial of a report of hardware': facts((payload) => ({ Serial: payload })),
  'the name of a card': facts((payload, { mac }) => ({
    NetDevs: [{ Name: payload, MacAddress: mac }],
    ConnectedNIC: payload,
  })),
  'the address of a card': facts((payload) => ({ NetDevs: [{ Name: 'eth0', MacAddress: payload }] })),
  'the address of a BMC': facts((payload) => ({ IPMIAddress: payload })),
  'a field of a report that nobody knows': facts((payload) => ({ [payload]: payload })),
  'a report of hardware that is no JSON': post(
    () => '/final-cloud-config.yaml',
    (payload) => payload,
  ),
  'what an installer reports': post(
    ({ serial }) => `/report/${serial}/download`,
    (payload) => payload,
    'text/plain',
  ),
  'the failure that it reports': post(
    ({ serial }) => `/report/${serial}/failed`,
    (payload) => payload,
    'text/plain',
  ),
  'the phase that it reports': (payload, { serial }) => ({
    method: 'POST',
    path: `/report/${serial}/${inUrl(payload)}`,
    body: 'x',
  }),
  'its version when it has booted': post(
    ({ serial }) => `/admin/host/${serial}/boot_complete`,
    (payload) =>
      `{"CoreOSVersion":${inJson(payload)},"DockerVersion":${inJson(payload)},${inJson(payload)}:"1"}`,
    'application/json',
    'PUT',
  ),
  'a member of etcd': (payload) => ({
    method: 'PUT',
    path: `/etcd/${'0'.repeat(32)}/${inUrl(payload)}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `value=${inUrl(payload)}`,
  }),
  'the size of a cluster of etcd': (payload) => ({ method: 'PUT', path: `/etcd/new?size=${inUrl(payload)}` }),
  'the header Host': header('Host'),
  'the header User-Agent': header('User-Agent'),
  'the header Referer': header('Referer'),
  'the header X-Forwarded-For': header('X-Forwarded-For'),
  'the header Authorization': header('Authorization'),
  'the header X-Imago-Operator': header('X-Imago-Operator'),
  'a header that nobody knows': (payload) => ({
    by: 'bytes',
    body: `GET / HTTP/1.1\r\nHost: 10.75.0.1\r\n${payload}: ${payload}\r\nConnection: close\r\n\r\n`,
  }),
  'a label of matchbox': (payload, { mac }) => ({
    port: ports.matchbox,
    path: `/ipxe?mac=${mac}&${inUrl(payload)}=${inUrl(payload)}`,
  }),
  'a label in metadata of matchbox': (payload, { mac }) => ({
    port: ports.matchbox,
    path: `/metadata?mac=${mac}&x=${inUrl(payload)}`,
  }),
  'a UUID of bootcfg': (payload) => ({ port: ports.bootcfg, path: `/cloud?uuid=${inUrl(payload)}` }),
  'a card of pxe-init': (payload) => ({ port: ports.pxeInit, path: `/ipxe?mac=${inUrl(payload)}` }),
  'a card of Pixiecore': (payload) => ({ path: `/pixiecore/v1/boot/${inUrl(payload)}` }),
};
