import { Document, LineCounter, isNode, isPair, isScalar, parseDocument, visit } from 'yaml';
import type { Place } from './marks.js';
import { markText, type Marks } from './marks.js';
import { modelNamed, NETWORK_VARIABLES } from './template-names.js';
import {
  isTable,
  tableIn,
  textIn,
  listOf,
  rangeOf,
  addressIn,
  isAddress,
  sizeOf,
  toNumber,
  networkOf,
  toAddress,
  type Table,
} from './config-values.js';

/** What Mayu's configuration says that templates have to know. */
export interface ConvertedConfig {
  readonly env: Readonly<Record<string, unknown>>;
  /**
   * @param templates by their kinds, as profiles name them
   * @param isUsed whether a template asks for a variable
   */
  readonly write: (
    templates: {
      readonly ignition?: string | undefined;
      readonly cloudConfig?: string | undefined;
    },
    isUsed: (variable: string) => boolean,
  ) => string;
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
  const place = (path: readonly (string | number)[]): Place => ({
    file,
    line: lineOf(document, lines, path),
  });
  return new ConfigConverter(isTable(raw) ? raw : {}, place, marks).convert();
}

function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
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
  readonly #comments: { readonly path: readonly (string | number)[]; readonly text: string }[] = [];

  constructor(
    private readonly raw: Table,
    private readonly place: (path: readonly (string | number)[]) => Place,
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
    const settings = {
      cluster: 'mayu',
      network: this.#network(network, nic, pxe),
      ...(isOff(network) && { dhcp: { mode: 'off' } }),
      profiles: [] as unknown[],
      templateVariables: env,
      ...this.#paths(),
      ...(typeof raw['http_port'] === 'number' && {
        listeners: { http: { port: raw['http_port'] }, admin: { port: raw['http_port'] } },
      }),
    };
    this.#unknown(raw, KNOWN, []);
    this.#unknown(network, KNOWN_NETWORK, ['network']);
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
    const addresses = [server, bootstrap?.first, bootstrap?.last, hosts?.first, hosts?.last, router];
    return {
      interface:
        textIn(network, 'interface') ??
        textIn(network, 'pxe_interface') ??
        textIn(pxe, 'interface_name') ??
        this.#missing(
          ['network', 'interface'],
          'the interface of the provisioning network is not named',
          'eth0',
        ),
      serverAddress:
        server ??
        this.#missing(['network', 'bind_addr'], 'the address of this server is not named', '0.0.0.0'),
      subnet: this.#subnet(
        size,
        addresses.filter((address) => address !== undefined),
      ),
      bootstrapRange:
        bootstrap ??
        this.#missing(
          ['network', 'bootstrap_range'],
          'there is no range for machines that are being installed',
          {},
        ),
      hostRange: hosts ?? this.#missing(['network', 'ip_range'], 'there is no range for hosts', {}),
      ...(router !== undefined && { router }),
      ...this.#nameServers(network['dns'] ?? nic['dns'] ?? pxe['dns']),
      ...(listOf(network['ntp']).length > 0 && { ntp: listOf(network['ntp']).map(String) }),
      ...this.#extraNics(network),
    };
  }

  /** Mayu 0.11 does not say how large the network is. */
  #subnet(size: number | undefined, addresses: readonly string[]): string {
    const numbers = addresses.map(toNumber);
    const [first = 0] = numbers;
    const holds = (bits: number): boolean =>
      numbers.every((number) => networkOf(number, bits) === networkOf(first, bits));
    const bits =
      size !== undefined && holds(size)
        ? size
        : Math.max(0, [24, 23, 22, 21, 20, 19, 18, 17, 16, 12, 8].find(holds) ?? 0);
    if (size === undefined)
      this.#mark(
        ['network', 'subnet_size'],
        ['network', 'subnet'],
        `config.yaml does not say how large the network is: /${bits} holds its addresses`,
      );
    else if (bits !== size)
      this.#mark(
        ['network', 'subnet_size'],
        ['network', 'subnet'],
        `ranges and server are not in one network of /${size}, as imago has it: /${bits} holds them all`,
      );
    return `${toAddress(networkOf(first, bits))}/${bits}`;
  }

  #nameServers(value: unknown): Table {
    const listed = listOf(value).map(String);
    const others = listed.filter((one) => !isAddress(one));
    if (others.length > 0)
      this.#mark(
        ['network', 'dns'],
        ['network', 'dns'],
        `${others.join(', ')}: name servers are known by their addresses`,
      );
    return listed.length > 0 ? { dns: listed.filter(isAddress) } : {};
  }

  #extraNics(network: Table): Table {
    const nics = listOf(network['extra_nics']).filter(isTable);
    if (nics.length === 0) return {};
    return {
      extraNics: nics.map((nic, index) => {
        const range = rangeOf(tableIn(nic, 'ip_range'));
        const size = sizeOf(nic['subnet_size']) ?? 24;
        const vlan = Number(tableIn(nic, 'network_model')['vlan_id']);
        if (listOf(nic['dns']).length > 0)
          this.#mark(
            ['network', 'extra_nics'],
            ['network', 'extraNics', index],
            'dns of a further interface has no place in imago: network.dns is for all',
          );
        return {
          name: textIn(nic, 'interface_name') ?? `extra${index}`,
          ...(vlan > 0 && { vlan }),
          subnet: `${toAddress(networkOf(toNumber(range?.first ?? '0.0.0.0'), size))}/${size}`,
          range: range ?? {},
          routes: listOf(nic['routes'])
            .filter(isTable)
            .map((route) => ({ to: textIn(route, 'destination_cidr'), via: textIn(route, 'route_hop') })),
        };
      }),
    };
  }

  #profiles(
    network: Table,
    nic: Table,
    {
      ignition,
      cloudConfig,
    }: { readonly ignition?: string | undefined; readonly cloudConfig?: string | undefined },
  ): unknown[] {
    const { raw } = this;
    const model = textIn(network, 'network_model') ?? textIn(tableIn(nic, 'network_model'), 'type');
    const defaultVersion = raw['default_coreos_version'] ?? raw['default_flatcar_version'];
    const listed = listOf(raw['profiles']).filter(isTable);
    const profiles = listed.some((profile) => profile['name'] === 'default')
      ? listed
      : [...listed, { name: 'default' }];
    return profiles.map((profile, index) => {
      const path = ['profiles', index, 'coreos_version'];
      const version = profile['coreos_version'] ?? profile['flatcar_version'] ?? defaultVersion;
      const token = textIn(profile, 'etcd_cluster_token') ?? textIn(profile, 'etcd_discovery_token');
      this.#unknown(profile, KNOWN_PROFILE, ['profiles']);
      return {
        name: profile['name'],
        ...(typeof profile['quantity'] === 'number' && { quantity: profile['quantity'] }),
        ...(listOf(profile['tags']).length > 0 && { tags: listOf(profile['tags']).map(String) }),
        osVersion:
          version === undefined
            ? this.#missing(path, 'no version of the operating system is named', 'TODO', [
                'profiles',
                index,
                'osVersion',
              ])
            : `${version as string | number}`,
        ...(token !== undefined && { etcdToken: token }),
        install: {
          configFormat: ignition === undefined && cloudConfig !== undefined ? 'cloud-config' : 'ignition',
        },
        ...((ignition ?? cloudConfig) !== undefined && {
          templates: {
            ...(ignition !== undefined && { ignition }),
            ...(cloudConfig !== undefined && { cloudConfig }),
          },
        }),
        ...(model !== undefined && { network: { model: modelNamed(model) } }),
      };
    });
  }

  #paths(): Table {
    const { raw } = this;
    const folders = [textIn(raw, 'yochu_path'), textIn(raw, 'static_html_path')].filter(
      (folder) => folder !== undefined,
    );
    if (folders.length > 0)
      this.#notes.push(
        `${folders.join(' and ')}: put what machines fetch from there into a folder of paths.static (yochu/ as its subfolder)`,
      );
    const paths = {
      ...(textIn(raw, 'images_cache_dir') !== undefined && { images: textIn(raw, 'images_cache_dir') }),
      ...(textIn(raw, 'tftproot') !== undefined && { tftpRoot: textIn(raw, 'tftproot') }),
    };
    for (const [key, path] of Object.entries(paths))
      this.#notes.push(`paths.${key} is ${path}, as it was: relative to the folder above conf/`);
    return Object.keys(paths).length > 0 ? { paths } : {};
  }

  #unknown(table: Table, known: ReadonlySet<string>, above: readonly string[]): void {
    for (const key of Object.keys(table)) {
      if (known.has(key)) continue;
      const path = [...above, key];
      const way = gone[path.join('.')];
      if (way !== undefined) this.#notes.push(`${path.join('.')}: ${way}`);
      else this.#mark(path, [], `${path.join('.')} is not known, and not taken over`);
    }
  }

  #missing<T>(path: readonly (string | number)[], text: string, value: T, target = path.map(renamed)): T {
    this.#mark(path, target, text);
    return value;
  }

  #mark(path: readonly (string | number)[], target: readonly (string | number)[], text: string): void {
    const mark = this.marks.add(this.place(path), text);
    this.#comments.push({ path: target, text: markText(mark) });
  }

  #text(settings: Table): string {
    const document = new Document(settings);
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

function comment(document: Document, path: readonly (string | number)[], text: string): void {
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
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function isOff(network: Table): boolean {
  return network['pxe'] === false || tableIn(network, 'pxe')['enabled'] === false;
}
