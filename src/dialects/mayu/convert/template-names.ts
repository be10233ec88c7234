/** What a value is, as far as its fields and its use in conditions go. */
export type ValueType = 'text' | 'optional' | 'list' | 'tags' | 'flag' | 'model' | 'file' | 'any' | TableName;

type TableName =
  | 'root'
  | 'host'
  | 'network'
  | 'nic'
  | 'nicModel'
  | 'extraNic'
  | 'extraRoute'
  | 'route'
  | 'variables'
  | 'overrides'
  | 'files'
  | 'extraAddresses'
  | 'extraNics'
  | 'extraRoutes'
  | 'routes';

export interface Named {
  /** In nunjucks. */
  readonly code: string;
  readonly type: ValueType;
}

const text = (code: string): Named => ({ code, type: 'text' });
/** What a machine or a configuration may not have: Mayu put out an empty text. */
const optional = (code: string): Named => ({ code, type: 'optional' });

/** Settings of Mayu's network that imago has no setting for: as template variables. */
export const NETWORK_VARIABLES = {
  interface: 'mayu_interface',
  vlanId: 'mayu_vlan_id',
  bondMode: 'mayu_bond_mode',
  bondInterfaceMatch: 'mayu_bond_interfaces',
  routes: 'mayu_routes',
  port: 'mayu_port',
} as const;

const variable = (name: keyof typeof NETWORK_VARIABLES): string => `vars.${NETWORK_VARIABLES[name]}`;

/** Mayu's names for what templates can refer to, with imago's beside them. docs/from-mayu.md has the same table for people. */
export const tables: Readonly<Record<TableName, Readonly<Record<string, Named>>>> = {
  root: {
    Host: { code: 'host', type: 'host' },
    ClusterNetwork: { code: 'network', type: 'network' },
    TemplatesEnv: { code: 'vars', type: 'variables' },
    Files: { code: 'files', type: 'files' },
    EtcdDiscoveryUrl: text("(urls.etcdDiscovery ~ '/' ~ host.etcdClusterToken)"),
    MayuHost: text('network.serverAddress'),
    MayuPort: text(variable('port')),
    MayuURL: text('urls.base'),
    PostBootURL: text('urls.bootComplete'),
    NoTLS: { code: 'true', type: 'flag' },
    NoSecure: { code: 'true', type: 'flag' },
    HostInfoHelperURL: text('urls.hostinfoHelper'),
    CloudConfigURL: text('urls.finalConfig'),
    IgnitionConfigURL: text('urls.finalConfig'),
    InstallImageURL: text('image.url'),
    SetInstalledURL: text('urls.setInstalled'),
    MachineID: text('host.machineId'),
  },
  host: {
    Serial: text('host.serial'),
    State: text('host.state'),
    Profile: text('host.profile'),
    Hostname: text('host.hostname'),
    MachineID: text('host.machineId'),
    InternalAddr: text('host.internalAddress'),
    AdditionalAddrs: { code: 'network.extraNics', type: 'extraAddresses' },
    MacAddresses: { code: 'host.macAddresses', type: 'list' },
    FleetMetadata: { code: 'host.metadata', type: 'tags' },
    FleetDisableEngine: { code: 'false', type: 'flag' },
    Enabled: { code: 'true', type: 'flag' },
    ProviderId: optional('host.providerId'),
    IPMIAddr: optional('host.ipmiAddress'),
    ConnectedNIC: optional('host.connectedNic'),
    Cabinet: optional('host.cabinet'),
    MachineOnCabinet: optional('host.machineOnCabinet'),
    EtcdClusterToken: optional('host.etcdClusterToken'),
    CoreOSVersion: optional('host.osVersion'),
    FlatcarVersion: optional('host.osVersion'),
    Overrides: { code: 'host.overrides', type: 'overrides' },
  },
  /** Of 0.11, and what both have. */
  network: {
    BindAddr: text('network.serverAddress'),
    Router: optional('network.router'),
    SubnetGateway: optional('network.router'),
    SubnetSize: text('network.prefixLength'),
    DNS: { code: 'network.dns', type: 'list' },
    NTP: { code: 'network.ntp', type: 'list' },
    Interface: text(variable('interface')),
    MachineInterface: text(variable('interface')),
    NetworkModel: { code: 'profile.network.model', type: 'model' },
    VlanId: text(variable('vlanId')),
    BondMode: text(variable('bondMode')),
    PrimaryNIC: { code: 'network', type: 'nic' },
    ExtraNICs: { code: 'network.extraNics', type: 'extraNics' },
  },
  /** Of 1.x: the interface of the provisioning network. */
  nic: {
    InterfaceName: text(variable('interface')),
    SubnetSize: text('network.prefixLength'),
    SubnetGateway: optional('network.router'),
    DNS: { code: 'network.dns', type: 'list' },
    Routes: { code: variable('routes'), type: 'routes' },
    Model: { code: 'profile.network', type: 'nicModel' },
  },
  nicModel: {
    Type: { code: 'profile.network.model', type: 'model' },
    VlanId: text(variable('vlanId')),
    BondMode: text(variable('bondMode')),
    BondInterfaceMatch: text(variable('bondInterfaceMatch')),
  },
  /** Fields of what a loop goes through; the loop's own variable comes in front. */
  extraNic: {
    InterfaceName: text('.name'),
    SubnetSize: text('.prefixLength'),
    Routes: { code: '.routes', type: 'extraRoutes' },
  },
  extraRoute: { DestinationCIDR: text('.to'), RouteHop: text('.via') },
  route: { DestinationCIDR: text('.destination_cidr'), RouteHop: text('.route_hop') },
  variables: {},
  overrides: {},
  files: {},
  extraAddresses: {},
  extraNics: {},
  extraRoutes: {},
  routes: {},
};

/** What the elements of a list are. */
export const elementType: Readonly<Partial<Record<ValueType, ValueType>>> = {
  list: 'text',
  tags: 'text',
  extraNics: 'extraNic',
  extraRoutes: 'extraRoute',
  routes: 'route',
};

export function isList(type: ValueType): boolean {
  return elementType[type] !== undefined;
}

/** Mayu's names of network models, and imago's. */
export function modelNamed(name: string): string {
  return name === 'singlenic' ? 'single' : name;
}
