import { join } from 'node:path';
import type { Config } from '../../config/schema.js';
import type { RecordStore } from '../../host/record-kind.js';
import type { OtherSystem } from '../../http/dialect.js';
import { filesOfListener } from '../../http/served-file.js';
import type { HttpServices } from '../../http/services.js';
import { formatIpv4 } from '../../net/ipv4.js';
import { LimitedLog } from '../../net/limited-log.js';
import { templateContext } from '../../template/context.js';
import { FaultAlarms } from './fault-alarms.js';
import { FolderBook } from './folder/folder-book.js';
import { MachineConfigs } from './machine-configs.js';
import { matchboxDialect } from './matchbox-dialect.js';
import { matchboxSource } from './matchbox-source.js';
import { openLanguages } from './open-languages.js';
import { matchboxApi } from './rpc/matchbox-api.js';
import { TemplateFaults } from './template-faults.js';
import { RecordsBook } from './records/records-book.js';
import { openGpgSigner } from './programs/gpg-signer.js';

interface MatchboxParts extends Pick<HttpServices, 'config' | 'logger' | 'clock' | 'reach'> {
  readonly store: RecordStore;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** First parts of paths below which no file lies. */
const made = ['boot.ipxe', 'boot.ipxe.0', 'ipxe', 'grub', 'ignition', 'cloud', 'generic', 'metadata'];

/** Lines of faults within ten seconds. */
const MOST_LOG_LINES = 20;

/** What takes matchbox's place, as the configuration sets it up. @throws CannotSign */
export async function openMatchbox(parts: MatchboxParts): Promise<OtherSystem> {
  const { config, clock, reach } = parts;
  const { matchbox, paths } = config();
  const { keyRing } = matchbox;
  const home = join(paths.state, 'gpg');
  const passphrase = parts.environment['MATCHBOX_PASSPHRASE'] ?? '';
  const signer =
    keyRing === undefined ? undefined : await openGpgSigner({ keyRing, home, passphrase, reach });
  const { book, faults, close } = openBook(parts);
  const templates = new TemplateFaults();
  const configs = new MachineConfigs({ book, languages: await openLanguages(reach), faults: templates });
  const alarms = new FaultAlarms(clock);
  return {
    source: matchboxSource({
      book,
      base: () => baseOf(config()),
      retry: () => templateContext({ config: config() }).urls.bootIpxe,
    }),
    dialect: () => matchboxDialect({ configs, signer, assets: () => config().matchbox.assets }),
    fileAt: filesOfListener({
      base: () => baseOf(config()),
      below: 'assets',
      folder: () => config().matchbox.assets,
      setting: 'matchbox.assets',
      made: signer ? [...made, ...made.flatMap((name) => [`${name}.sig`, `${name}.asc`])] : made,
    }),
    api: matchboxApi(book),
    alarms() {
      // Who looks at health soon looks again: what is put right now is gone then.
      void templates.lookAgain();
      return alarms.of([...faults(), ...templates.list()]);
    },
    async close() {
      close();
      await signer?.close();
    },
  };
}

function openBook({ config, store, logger }: MatchboxParts) {
  const { data } = config().matchbox;
  if (data === undefined) {
    const book = new RecordsBook(store);
    return { book, faults: () => book.faults(), close: () => book.close() };
  }
  const log = new LimitedLog(logger, () => performance.now(), MOST_LOG_LINES);
  const book = new FolderBook({
    folder: data,
    found: (fault) => log.write('warn', 'matchbox fault', { folder: data }, `matchbox: left out: ${fault}`),
  });
  // A large folder takes seconds: whoever asks of it waits for that, and nobody else.
  void book.read();
  // Who looks at health soon looks again: what is found now is told then.
  const faults = () => {
    void book.read();
    return book.faults();
  };
  return { book, faults, close: () => book.close() };
}

function baseOf({ network, listeners }: Config): string {
  return `http://${formatIpv4(network.serverAddress)}:${listeners.matchbox.port}`;
}
