import { showValue } from '../errors.js';
import { dataFault } from './data-fault.js';
import { partitionFaults } from './ignition-partitions.js';
import type { FieldFault } from './ignition-rules.js';
import type { IgnitionConfig } from './ignition-schema.js';

type Path = FieldFault['path'];
type Storage = NonNullable<IgnitionConfig['storage']>;
type Resource = NonNullable<NonNullable<NonNullable<IgnitionConfig['ignition']['config']>['replace']>>;
type Filesystem = NonNullable<Storage['filesystems']>[number];
type Luks = NonNullable<Storage['luks']>[number];
type Raid = NonNullable<Storage['raid']>[number];
type Tell = (path: Path, reason: string) => void;

/** What Ignition asks of fields together, or of what stands in one: a configuration without it, no machine installs. */
export function unmetConditions(config: IgnitionConfig): FieldFault[] {
  const faults: FieldFault[] = [];
  const tell: Tell = (path, reason) => faults.push({ path, reason });
  checkIgnitionSection(config.ignition, tell);
  checkNodes(config.storage ?? {}, tell);
  config.storage?.disks?.forEach(({ partitions }, index) =>
    faults.push(...partitionFaults(partitions ?? [], ['storage', 'disks', index, 'partitions'])),
  );
  config.storage?.filesystems?.forEach((one, index) =>
    checkFilesystem(one, ['storage', 'filesystems', index], tell),
  );
  config.storage?.luks?.forEach((one, index) => checkLuks(one, ['storage', 'luks', index], tell));
  config.storage?.raid?.forEach((one, index) => checkRaid(one, ['storage', 'raid', index], tell));
  checkRepeatedTexts(config, tell);
  return faults;
}

function checkIgnitionSection(
  { config, security, proxy, version }: IgnitionConfig['ignition'],
  tell: Tell,
): void {
  const needed = (resource: Resource, path: Path) => {
    if (!resource.source) tell([...path, 'source'], 'is missing: write the URL of what is fetched');
    checkResource(resource, path, tell);
  };
  config?.merge?.forEach((one, index) => {
    const path = ['ignition', 'config', 'merge', index];
    if (version === '3.0.0') checkResource(one, path, tell); // which merges nothing, and says so to nobody
    else needed(one, path);
  });
  if (config?.replace) checkResource(config.replace, ['ignition', 'config', 'replace'], tell);
  security?.tls?.certificateAuthorities?.forEach((one, index) =>
    needed(one, ['ignition', 'security', 'tls', 'certificateAuthorities', index]),
  );
  for (const key of ['httpProxy', 'httpsProxy'] as const) {
    const value = proxy?.[key];
    if (typeof value === 'string' && !/^https?:/i.test(value)) {
      tell(['ignition', 'proxy', key], `${showValue(value)} is not the URL of a proxy: http or https`);
    }
  }
}

function checkResource(resource: Resource, path: Path, tell: Tell): void {
  const { source, httpHeaders, verification } = resource;
  if (verification?.hash && typeof source !== 'string') {
    tell([...path, 'verification', 'hash'], 'is of nothing: write the source too');
  }
  const names = new Set<string>();
  httpHeaders?.forEach(({ name, value }, index) => {
    const field = [...path, 'httpHeaders', index];
    if (name === '') tell([...field, 'name'], 'is empty');
    if (value === '') tell([...field, 'value'], 'is empty');
    if (names.has(name)) tell([...field, 'name'], `${showValue(name)} stands here a second time`);
    names.add(name);
  });
  if (httpHeaders && httpHeaders.length > 0 && !/^https?:/i.test(source ?? '')) {
    tell([...path, 'httpHeaders'], 'are of http and https alone');
  }
  const wrong = /^data:/i.test(source ?? '') ? dataFault(source ?? '') : undefined;
  if (wrong !== undefined) tell([...path, 'source'], wrong);
}

function checkNodes({ files, directories, links }: Storage, tell: Tell): void {
  const linked = new Set(links?.map(({ path }) => path));
  for (const [kind, nodes] of Object.entries({ files, directories, links })) {
    nodes?.forEach(({ path }, index) => {
      const field = ['storage', kind, index, 'path'];
      const through = parentsOf(path).find((parent) => linked.has(parent));
      if (through !== undefined) tell(field, `leads through ${showValue(through)}, which is a link here`);
    });
  }
  files?.forEach(({ overwrite, contents, append }, index) => {
    const path = ['storage', 'files', index];
    if (overwrite === true && typeof contents?.source !== 'string') {
      tell([...path, 'overwrite'], 'is true, and there are no contents: write them, or leave overwrite out');
    }
    if (contents) checkResource(contents, [...path, 'contents'], tell);
    append?.forEach((one, place) => checkResource(one, [...path, 'append', place], tell));
  });
}

function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    parents.push(path.slice(0, end));
  }
  return parents;
}

const longestLabels: Readonly<Record<string, number>> = { ext4: 16, btrfs: 256, xfs: 12, swap: 15, vfat: 11 };

function checkFilesystem(filesystem: Filesystem, path: Path, tell: Tell): void {
  const { format, label, mountOptions, options, uuid, wipeFilesystem } = filesystem;
  if (!format) {
    const others = [filesystem.path, label, uuid, wipeFilesystem, mountOptions?.length, options?.length];
    if (others.some(Boolean))
      tell([...path, 'format'], 'is missing: nothing can be said of a file system without it');
    return;
  }
  const longest = longestLabels[format];
  if (longest !== undefined && Buffer.byteLength(label ?? '') > longest) {
    tell([...path, 'label'], `${showValue(label)} is longer than ${format} takes: ${longest} bytes`);
  }
}

function checkLuks({ clevis, device, keyFile, label, name }: Luks, path: Path, tell: Tell): void {
  if (name.includes('/')) tell([...path, 'name'], `${showValue(name)} has a slash`);
  if (!device) tell([...path, 'device'], 'is missing: name the device that is encrypted');
  if (Buffer.byteLength(label ?? '') > 47)
    tell([...path, 'label'], `${showValue(label)} is longer than 47 bytes`);
  if (keyFile) checkResource(keyFile, [...path, 'keyFile'], tell);
  const { custom } = clevis ?? {};
  if (custom?.pin && (clevis?.tang?.length || clevis?.tpm2 || clevis?.threshold)) {
    tell([...path, 'clevis', 'custom'], 'cannot stand beside tang, tpm2 and threshold: write one of them');
  }
  if (!custom || !(custom.pin || custom.config || custom.needsNetwork)) return;
  const pins = ['tpm2', 'tang', 'sss'];
  if (!pins.includes(custom.pin ?? '')) {
    tell(
      [...path, 'clevis', 'custom', 'pin'],
      `${showValue(custom.pin)} is not a pin of Clevis: ${pins.join(', ')}`,
    );
  }
  if (!custom.config) tell([...path, 'clevis', 'custom', 'config'], 'is missing');
}

const RAID_LEVEL = /^(?:linear|stripe|mirror|(?:raid)?(?:0|1|4|5|6|10))$/;
const RAID_WITHOUT_SPARES = /^(?:linear|stripe|(?:raid)?0)$/;

function checkRaid({ devices, level, spares }: Raid, path: Path, tell: Tell): void {
  if (!devices || devices.length === 0)
    tell([...path, 'devices'], 'is missing: name the devices of the array');
  if (!RAID_LEVEL.test(level ?? '')) {
    tell([...path, 'level'], `${showValue(level ?? '')} is not a level of RAID, as in raid1`);
  } else if (RAID_WITHOUT_SPARES.test(level ?? '') && spares) {
    tell([...path, 'spares'], `are not in an array of level ${level}`);
  }
}

/** Lists of texts of which Ignition takes each once. */
function checkRepeatedTexts(
  { kernelArguments, passwd, ignition, storage }: IgnitionConfig,
  tell: Tell,
): void {
  const once = (path: Path, texts: readonly string[] | null | undefined, seen = new Set<string>()) => {
    texts?.forEach((text, index) => {
      if (seen.has(text))
        tell([...path, index], `${showValue(text)} stands here a second time: Ignition takes each once`);
      seen.add(text);
    });
  };
  const seen = new Set<string>();
  once(['kernelArguments', 'shouldExist'], kernelArguments?.shouldExist, seen);
  once(['kernelArguments', 'shouldNotExist'], kernelArguments?.shouldNotExist, seen);
  passwd?.users?.forEach(({ groups, sshAuthorizedKeys }, index) => {
    once(['passwd', 'users', index, 'groups'], groups);
    once(['passwd', 'users', index, 'sshAuthorizedKeys'], sshAuthorizedKeys);
  });
  once(['ignition', 'proxy', 'noProxy'], ignition.proxy?.noProxy);
  storage?.raid?.forEach(({ devices }, index) => once(['storage', 'raid', index, 'devices'], devices));
}
