import { Document, LineCounter, isNode, isPair, isScalar, parseDocument, visit } from 'yaml';
import type { Place } from './marks.js';
import {
  formatSubnet,
  subnetContains,
  subnetOf,
  tryParseIpv4,
  UNSPECIFIED_IPV4,
  type Ipv4,
} from '../../../net/ipv4.js';
import { markText, type Marks } from './marks.js';
import { modelNamed, NETWORK_VARIABLES } from './template-names.js';

/** A table of YAML. */
type Table = Readonly<Record<string, unknown>>;

type Path = readonly (string | number)[];

/** The templates that profiles name. */
export interface Chosen {
  readonly ignition?: string | undefined;
  readonly cloudConfig?: string | undefined;
}

/** What Mayu's configuration says that templates have to know. */
export interface ConvertedConfig {
  readonly env: Readonly<Record<string, unknown>>;
  /**
   * @param templates by their kinds, as profiles name them
   * @param isUsed whether a template asks for a variable
   */
  readonly write: (templates: Chosen, isUsed: (variable: string) => boolean) => string;
  readonly notes: readonly string[];
}

/** Where a setting went that imago has none for. */
const gone: Readonly<Record<string, string>> = {
  yochu_path: 'put it into paths.static: a folder that holds yochu/ serves /yochu/…',
  static_html_path: 'put it into paths.static',
  first_stage_script: 'imago’s first-stage.sh takes its place (profiles[].templates.firstStage)',
  last_stage_cloudconfig: 'profiles[].templates.cloudConfig',
  dnsmasq: 'DHCP and TFTP are imago’s own',
  dnsmasq_template: 'DHCP and TFTP are imago’s own: the section dhcp',
  ipxe: 'the section dhcp.loaders',
  template_snippets: 'snippets stand in the templates that used them',
  http_bind_addr: 'listeners.admin.address, and network.serverAddress for machines',
  no_secure: 'put a proxy in front of listeners.admin for TLS',
  'network.uefi': 'the firmware’s own architecture chooses the loader (dhcp.loaders)',
  'profiles.disable_engine': 'fleet is gone',
};

/** Mayu's config.yaml, of 0.11 and 1.x, as imago's. */
export function convertConfig(text: string, file: string, marks: Marks): ConvertedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const raw: unknown = document.errors.length > 0 ? undefined : document.toJS();
  if (!isTable(raw)) {
    const at = lines.linePos(document.errors[0]?.pos[0] ?? 0).line;
    marks.add({ file, line: at }, document.errors[0]?.message.split('\n')[0] ?? 'is no table of settings');
  }
  const place = (path: Path): Place => ({
    file,
    line: lineOf(document, lines, path),
  });
  return new ConfigConverter(isTable(raw) ? raw : {}, place, marks).convert();
}

function lineOf(document: Document, lines: LineCounter, path: Path): number {
  let line = 1;
  visit(document, {
    Pair(_, pair, ancestors) {
      const keys = [...ancestors.filter(isPair), pair].map(({ key }) =>
        isScalar(key) ? String(key.value) : '',
      );
      const names = path.filter((part) => typeof part === 'string');
      if (
        keys.length === names.length &&
        keys.every((key, index) => key === names[index]) &&
        isNode(pair.key)
      )
        line = lines.linePos(pair.key.range?.[0] ?? 0).line;
    },
  });
  return line;
}

class ConfigConverter {
  readonly #notes: string[] = [];
  /** By path, what stands above a setting. */
  readonly #comments: { readonly path: Path; readonly text: string }[] = [];

  constructor(
    private readonly raw: Table,
    private readonly place: (path: Path) => Place,
    private readonly marks: Marks,
  ) {}

  convert(): ConvertedConfig {
    const { raw } = this;
    const network = tableIn(raw, 'network');
    const pxe = tableIn(tableIn(network, 'pxe'), 'pxe_interface');
    const nic = tableIn(network, 'primary_nic');
    const env = tableIn(raw, 'templates_env');
    const own = networkVariables(network, nic, pxe, raw);
    const variables = { ...env, ...own };
    const port = typeof raw['http_port'] === 'number' ? { port: raw['http_port'] } : undefined;
    const settings = {
      cluster: 'mayu',
      network: this.#network(network, nic, pxe),
      ...(isOff(network) && { dhcp: { mode: 'off' } }),
      profiles: [] as unknown[],
      templateVariables: env,
      ...given({ paths: this.#paths(), listeners: port && { http: port, admin: port } }),
    };
    this.#unknown(raw, KNOWN, '');
    this.#unknown(network, KNOWN_NETWORK, 'network.');
    return {
      env: variables,
      notes: this.#notes,
      write: (templates, isUsed) => {
        const profiles = this.#profiles(network, nic, templates);
        const used = Object.fromEntries(Object.entries(own).filter(([name]) => isUsed(name)));
        return this.#text({ ...settings, profiles, templateVariables: { ...env, ...used } });
      },
    };
  }

  #network(network: Table, nic: Table, pxe: Table): Table {
    const server = addressIn(network, 'bind_addr');
    const bootstrap = rangeOf(tableIn(network, 'bootstrap_range')) ?? rangeOf(tableIn(pxe, 'ip_range'));
    const hosts = rangeOf(tableIn(network, 'ip_range')) ?? rangeOf(tableIn(nic, 'ip_range'));
    const router =
      addressIn(network, 'subnet_gateway') ??
      addressIn(network, 'router') ??
      addressIn(nic, 'subnet_gateway') ??
      addressIn(pxe, 'subnet_gateway');
    const size = sizeOf(network['subnet_size'] ?? nic['subnet_size'] ?? pxe['subnet_size']);
    const addresses = [server, bootstrap?.first, bootstrap?.last, hosts?.first, hosts?.last, router]
      .map((address) => tryParseIpv4(address ?? ''))
      .filter((address) => address !== undefined);
    return given({
      interface:
        textIn(network, 'interface') ??
        textIn(network, 'pxe_interface') ??
        textIn(pxe, 'interface_name') ??
        this.#missing('network.interface', 'the interface of the provisioning network is not named', 'eth0'),
      serverAddress:
        server ?? this.#missing('network.bind_addr', 'the address of this server is not named', '0.0.0.0'),
      subnet: this.#subnet(size, addresses),
      bootstrapRange:
        bootstrap ??
        this.#missing(
          'network.bootstrap_range',
          'there is no range for machines that are being installed',
          {},
        ),
      hostRange: hosts ?? this.#missing('network.ip_range', 'there is no range for hosts', {}),
      router,
      dns: this.#nameServers(network['dns'] ?? nic['dns'] ?? pxe['dns']),
      ntp: textsOf(network['ntp']),
      extraNics: this.#extraNics(network),
    });
  }

  /** Mayu 0.11 does not say how large the network is. */
  #subnet(size: number | undefined, addresses: readonly Ipv4[]): string {
    const [first = UNSPECIFIED_IPV4] = addresses;
    const holds = (bits: number): boolean =>
      addresses.every((address) => subnetContains(subnetOf(first, bits), address));
    const bits =
      size !== undefined && holds(size)
        ? size
        : ([24, 23, 22, 21, 20, 19, 18, 17, 16, 12, 8].find(holds) ?? 0);
    const why =
      size === undefined
        ? `config.yaml does not say how large the network is: /${bits} holds its addresses`
        : `ranges and server are not in one network of /${size}, as imago has it: /${bits} holds them all`;
    if (bits !== size) this.#mark('network.subnet_size', 'network.subnet', why);
    return formatSubnet(subnetOf(first, bits));
  }

  #nameServers(value: unknown): readonly string[] | undefined {
    const listed = textsOf(value);
    const others = listed?.filter((one) => !isAddress(one)) ?? [];
    if (others.length > 0)
      this.#mark(
        'network.dns',
        'network.dns',
        `${others.join(', ')}: name servers are known by their addresses`,
      );
    return listed?.filter(isAddress);
  }

  #extraNics(network: Table): readonly Table[] | undefined {
    const nics = listOf(network['extra_nics']).filter(isTable);
    if (nics.length === 0) return undefined;
    return nics.map((nic, index) => {
      const range = rangeOf(tableIn(nic, 'ip_range'));
      const size = sizeOf(nic['subnet_size']) ?? 24;
      const vlan = Number(tableIn(nic, 'network_model')['vlan_id']);
      if (listOf(nic['dns']).length > 0) {
        const text = 'dns of a further interface has no place in imago: network.dns is for all';
        this.#mark('network.extra_nics', `network.extraNics.${index}`, text);
      }
      return {
        name: textIn(nic, 'interface_name') ?? `extra${index}`,
        ...(vlan > 0 && { vlan }),
        subnet: formatSubnet(subnetOf(tryParseIpv4(range?.first ?? '') ?? UNSPECIFIED_IPV4, size)),
        range: range ?? {},
        routes: listOf(nic['routes'])
          .filter(isTable)
          .map((route) => ({ to: textIn(route, 'destination_cidr'), via: textIn(route, 'route_hop') })),
      };
    });
  }

  #profiles(network: Table, nic: Table, templates: Chosen): unknown[] {
    const { raw } = this;
    const model = textIn(network, 'network_model') ?? textIn(tableIn(nic, 'network_model'), 'type');
    const usual = raw['default_coreos_version'] ?? raw['default_flatcar_version'];
    const listed = listOf(raw['profiles']).filter(isTable);
    const hasDefault = listed.some((profile) => profile['name'] === 'default');
    const isCloudConfig = templates.ignition === undefined && templates.cloudConfig !== undefined;
    const named = given({ ignition: templates.ignition, cloudConfig: templates.cloudConfig });
    return [...listed, ...(hasDefault ? [] : [{ name: 'default' }])].map((profile: Table, index) => {
      const version = profile['coreos_version'] ?? profile['flatcar_version'] ?? usual;
      this.#unknown(profile, KNOWN_PROFILE, 'profiles.');
      return given({
        name: profile['name'],
        quantity: typeof profile['quantity'] === 'number' ? profile['quantity'] : undefined,
        tags: textsOf(profile['tags']),
        osVersion:
          version === undefined
            ? this.#missing(
                `profiles.${index}.coreos_version`,
                'no version of the operating system is named',
                'TODO',
                `profiles.${index}.osVersion`,
              )
            : `${version as string | number}`,
        etcdToken: textIn(profile, 'etcd_cluster_token') ?? textIn(profile, 'etcd_discovery_token'),
        install: { configFormat: isCloudConfig ? 'cloud-config' : 'ignition' },
        templates: Object.keys(named).length > 0 ? named : undefined,
        network: model === undefined ? undefined : { model: modelNamed(model) },
      });
    });
  }

  #paths(): Table | undefined {
    const { raw } = this;
    const folders = [textIn(raw, 'yochu_path'), textIn(raw, 'static_html_path')].filter(Boolean);
    if (folders.length > 0)
      this.#notes.push(
        `${folders.join(' and ')}: put what machines fetch from there into a folder of paths.static (yochu/ as its subfolder)`,
      );
    const paths = given({ images: textIn(raw, 'images_cache_dir'), tftpRoot: textIn(raw, 'tftproot') });
    for (const [key, path] of Object.entries(paths))
      this.#notes.push(`paths.${key} is ${String(path)}, as it was: relative to the folder above conf/`);
    return Object.keys(paths).length > 0 ? paths : undefined;
  }

  /** @param above The path of the table, with a dot behind it. */
  #unknown(table: Table, known: ReadonlySet<string>, above: string): void {
    for (const key of Object.keys(table)) {
      if (known.has(key)) continue;
      const path = above + key;
      const way = gone[path];
      if (way !== undefined) this.#notes.push(`${path}: ${way}`);
      else this.#mark([...pathOf(above.slice(0, -1)), key], '', `${path} is not known, and not taken over`);
    }
  }

  #missing<T>(path: string, text: string, value: T, target = pathOf(path).map(renamed).join('.')): T {
    this.#mark(path, target, text);
    return value;
  }

  /** @param path In Mayu's configuration. @param target In imago's; `''` for no place in it. */
  #mark(path: string | Path, target: string, text: string): void {
    const mark = this.marks.add(this.place(typeof path === 'string' ? pathOf(path) : path), text);
    this.#comments.push({ path: pathOf(target), text: markText(mark) });
  }

  #text(settings: Table): string {
    const document = new Document(settings, { aliasDuplicateObjects: false });
    const head = [
      ' Converted from Mayu’s config.yaml. All settings: docs/configuration.md',
      ...this.#comments.filter(({ path }) => path.length === 0).map(({ text }) => ` ${text}`),
    ];
    for (const { path, text } of this.#comments) {
      if (path.length > 0) comment(document, path, text);
    }
    document.commentBefore = head.join('\n');
    return document.toString({ lineWidth: 0 });
  }
}

function comment(document: Document, path: Path, text: string): void {
  const key = path.at(-1);
  const above = document.getIn(path.slice(0, -1), true);
  const pair =
    typeof above === 'object' && above !== null && 'items' in above && Array.isArray(above.items)
      ? above.items.find((item: unknown, index) =>
          isPair(item) ? isScalar(item.key) && item.key.value === key : index === key,
        )
      : undefined;
  const node: unknown = isPair(pair) ? pair.key : pair;
  if (!isNode(node)) {
    document.comment = [document.comment, ` ${text}`].filter(Boolean).join('\n');
    return;
  }
  node.commentBefore = [node.commentBefore, ` ${text}`].filter(Boolean).join('\n');
}

const renames: Readonly<Record<string, string>> = {
  bind_addr: 'serverAddress',
  bootstrap_range: 'bootstrapRange',
  ip_range: 'hostRange',
};

function renamed(key: string | number): string | number {
  return renames[key] ?? key;
}

const KNOWN = new Set([
  'default_coreos_version',
  'default_flatcar_version',
  'network',
  'profiles',
  'templates_env',
  'http_port',
  'images_cache_dir',
  'tftproot',
  'yochu_path',
  'static_html_path',
]);
const KNOWN_NETWORK = new Set([
  'interface',
  'pxe_interface',
  'machine_interface',
  'bind_addr',
  'bootstrap_range',
  'ip_range',
  'subnet_size',
  'subnet_gateway',
  'router',
  'dns',
  'ntp',
  'network_model',
  'pxe',
  'primary_nic',
  'extra_nics',
  'vlan_id',
  'bond_mode',
]);
const KNOWN_PROFILE = new Set([
  'name',
  'quantity',
  'tags',
  'coreos_version',
  'flatcar_version',
  'etcd_cluster_token',
  'etcd_discovery_token',
]);

/** What templates ask for of the network, and imago has no setting for. */
function networkVariables(network: Table, nic: Table, pxe: Table, raw: Table): Table {
  const model = tableIn(nic, 'network_model');
  const values = {
    [NETWORK_VARIABLES.interface]:
      network['machine_interface'] ?? nic['interface_name'] ?? network['interface'] ?? pxe['interface_name'],
    [NETWORK_VARIABLES.vlanId]: network['vlan_id'] ?? model['vlan_id'],
    [NETWORK_VARIABLES.bondMode]: network['bond_mode'] ?? model['bond_mode'],
    [NETWORK_VARIABLES.bondInterfaceMatch]: model['bond_interface_match'] ?? '',
    [NETWORK_VARIABLES.routes]: listOf(nic['routes']),
    [NETWORK_VARIABLES.port]: raw['http_port'] ?? 4080,
  };
  return given(values);
}

/** What there is of a table. */
function given(table: Table): Table {
  return Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined));
}

/** `network.extraNics.0` */
function pathOf(text: string): Path {
  return text === '' ? [] : text.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function isOff(network: Table): boolean {
  return network['pxe'] === false || tableIn(network, 'pxe')['enabled'] === false;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tableIn(table: Table, key: string): Table {
  const value = table[key];
  return isTable(value) ? value : {};
}

function textIn(table: Table, key: string): string | undefined {
  const value = table[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Undefined of a list without entries, and of what is none. */
function textsOf(value: unknown): readonly string[] | undefined {
  const list = listOf(value);
  return list.length === 0 ? undefined : list.map(String);
}

function rangeOf(table: Table): { readonly first: string; readonly last: string } | undefined {
  const first = addressIn(table, 'start');
  const last = addressIn(table, 'end');
  return first === undefined || last === undefined ? undefined : { first, last };
}

function addressIn(table: Table, key: string): string | undefined {
  const text = textIn(table, key);
  return text !== undefined && isAddress(text) ? text : undefined;
}

function isAddress(text: string): boolean {
  return tryParseIpv4(text) !== undefined;
}

function sizeOf(value: unknown): number | undefined {
  const size = Number(value);
  return Number.isInteger(size) && size > 0 && size <= 32 ? size : undefined;
}
