import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const DAY_MS = 24 * 60 * 60 * 1000;

/** A package of one suite. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly depends: readonly string[];
}

/**
 * A Debian suite beside the one that runs here, in an apt of its own: the mirror that this machine's apt uses, signatures
 * checked, nothing installed. What it read last is good for a day.
 */
export class Debian {
  private readonly options: readonly string[];

  constructor(
    private readonly directory: string,
    private readonly suite: string,
    private readonly architectures: readonly string[],
  ) {
    const at = (...names: string[]) => path.join(directory, ...names);
    const settings = {
      'Dir::State': at(),
      'Dir::State::Lists': at('lists'),
      'Dir::State::status': at('status'),
      'Dir::Cache': at(),
      'Dir::Cache::archives': at('archives'),
      'Dir::Etc::SourceList': at('sources.list'),
      'Dir::Etc::SourceParts': '/dev/null',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '3',
      'APT::Architectures': architectures.join(),
      'APT::Sandbox::User': 'root',
    };
    this.options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  }

  /** Reads the suite's index, unless that was done today. Rejects where the mirror does not have it. */
  async update(): Promise<void> {
    const sources = await this.sources();
    // Written when all went well, so that a failure is no index of today.
    const done = path.join(this.directory, 'updated');
    const age = Date.now() - ((await stat(done).catch(() => undefined))?.mtimeMs ?? 0);
    if (age < DAY_MS && (await readFile(done, 'utf8')) === sources) return;
    for (const name of ['lists/partial', 'archives/partial']) {
      await mkdir(path.join(this.directory, name), { recursive: true });
    }
    await writeFile(path.join(this.directory, 'status'), '');
    await writeFile(path.join(this.directory, 'sources.list'), sources);
    await this.aptGet(['--error-on=any', 'update']);
    await writeFile(done, sources);
  }

  /** All versions of a package, as the last update found them. */
  async versions(name: string, architecture: string): Promise<Package[]> {
    const asked = await run('apt-cache', [...this.options, 'show', `${name}:${architecture}`]);
    return asked.stdout
      .split('\n\n')
      .filter((paragraph) => paragraph !== '')
      .map((paragraph) => {
        const field = (key: string) => new RegExp(`^${key}: (.*)$`, 'm').exec(paragraph)?.[1] ?? '';
        const depends = field('Depends').split(/[,|] */);
        return {
          name,
          version: field('Version'),
          architecture,
          depends: depends.map((one) => one.split(' ')[0] ?? ''),
        };
      });
  }

  /** Downloads a package and unpacks it into `into`. */
  async unpack({ name, version, architecture }: Package, into: string): Promise<void> {
    const archives = path.join(this.directory, 'archives');
    const one = `${name}:${architecture}=${version}`;
    await this.aptGet(['download', one], archives);
    const file = `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;
    await mkdir(into, { recursive: true });
    await run('dpkg-deb', ['-x', path.join(archives, file), into]);
    await run('rm', [path.join(archives, file)]);
  }

  /** One at a time: another checkout may ask for the same. */
  private async aptGet(words: readonly string[], cwd = this.directory): Promise<void> {
    const lock = path.join(this.directory, 'lock');
    const command = [lock, 'apt-get', ...this.options, '-qq', ...words];
    await run('flock', command, { cwd }).catch(({ stderr }: { stderr: string }) => {
      throw new Error(complaint(stderr));
    });
  }

  /** The suite at the place where this machine's apt finds Debian: updates for security have one of their own. */
  private async sources(): Promise<string> {
    const format = '$(REPO_URI) $(CODENAME)';
    const asked = await run('apt-get', ['indextargets', '--format', format, 'Origin: Debian']);
    const secure = (name: string) => name.endsWith('-security');
    const place = asked.stdout
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, name = '']) => name && secure(name) === secure(this.suite))?.[0];
    if (!place) throw new Error(`apt is not set up for Debian: no place for ${this.suite}`);
    const signed = `[arch=${this.architectures.join()} signed-by=${KEYRING}]`;
    return `deb ${signed} ${place} ${this.suite} main\n`;
  }
}

/** What apt complains of first, without the address of the mirror. */
function complaint(stderr: string): string {
  const [line = stderr] = /^E: .*/m.exec(stderr) ?? [];
  return line
    .replace(/^E: /, '')
    .replace(/\w+:\/\/\S+\/(\S+)/g, '$1')
    .replace(/ *\[IP: .*?\]/, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}
