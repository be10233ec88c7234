import { fitsFileField } from '../encode-reply.js';
import type { DhcpMessage } from '../message.js';
import { encodeOption, options, PAD } from '../options.js';
import { formatIpv4, UNSPECIFIED_IPV4, type Ipv4 } from '../../net/ipv4.js';
import type { BootAnswer, BootSettings } from '../../boot/boot-file.js';
import type { BootClient } from '../../boot/classify-client.js';

/** Option 175, sub-option 176 = 1: iPXE does not wait two seconds for a proxyDHCP server (ipxe.org, `no-pxedhcp`). */
const NO_PROXY_DHCP = encodeOption(options.ipxe, Uint8Array.of(176, 1, 1));

const HTTP_CLIENT = encodeOption(options.vendorClass, 'HTTPClient');

/** What a boot answer is in a reply: the fixed fields that old firmware reads, and the options that others want. */
export interface BootFields {
  readonly siaddr: Ipv4;
  readonly sname: string;
  readonly file: string;
  readonly options: readonly Uint8Array[];
}

const NOTHING: BootFields = { siaddr: UNSPECIFIED_IPV4, sname: '', file: '', options: [] };

export function bootFields(
  answer: BootAnswer,
  client: BootClient,
  request: DhcpMessage,
  settings: BootSettings,
): BootFields {
  const accelerations = client.kind === 'ipxe' ? [NO_PROXY_DHCP] : [];
  switch (answer.kind) {
    case 'none':
      return client.kind === 'ipxe' ? { ...NOTHING, options: accelerations } : NOTHING;
    case 'script':
      return byUrl(answer.url, settings, accelerations, []);
    case 'http':
      // OVMF's HTTP boot takes no notice of an answer without this vendor class.
      return byUrl(answer.url, settings, [], [HTTP_CLIENT]);
    case 'tftp':
      break;
  }
  return byTftp(answer.file, request, settings, accelerations);
}

function byUrl(
  url: string,
  settings: BootSettings,
  further: readonly Uint8Array[],
  first: readonly Uint8Array[],
): BootFields {
  return {
    siaddr: settings.tftpServer,
    sname: '',
    file: fitsFileField(url) ? url : '',
    options: [...first, bootFileOption(url), ...further],
  };
}

/** Options 66 and 67 go to those that ask for them: some ROMs take their mere presence for an overloaded header. */
function byTftp(
  file: string,
  request: DhcpMessage,
  settings: BootSettings,
  further: readonly Uint8Array[],
): BootFields {
  const wanted = request.options.get(options.parameterRequestList.code);
  const server = formatIpv4(settings.tftpServer);
  const blocks: Uint8Array[] = [];
  if (wanted?.includes(options.bootFileName.code) || !fitsFileField(file)) blocks.push(bootFileOption(file));
  if (wanted?.includes(options.tftpServerName.code)) {
    blocks.push(encodeOption(options.tftpServerName, server));
  }
  blocks.push(...further);
  return {
    siaddr: settings.tftpServer,
    sname: server,
    file: fitsFileField(file) ? file : '',
    options: blocks,
  };
}

/**
 * With a pad behind it. EDK2 ends the name with a NUL of its own, in the byte behind the option, which was the code of
 * the next one: it then found no subnet mask, and declined its address (seen with OVMF 2022.11).
 */
function bootFileOption(file: string): Uint8Array {
  return Buffer.concat([encodeOption(options.bootFileName, file), Uint8Array.of(PAD)]);
}
