/** What the demo keeps between starts: made-up credentials of the account and the agents' passwords. */
import { randomBytes, randomInt } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface DemoAgent {
  username: string;
  name: string;
  role: 'agent' | 'supervisor';
  capacity: number;
  password: string;
}

export interface DemoState {
  accountSid: string;
  authToken: string;
  agents: DemoAgent[];
}

const words = (
  'amber anchor apple autumn bamboo beacon birch breeze bright canyon cedar cherry cloud clover copper coral cotton crystal dawn ' +
  'delta desert ember falcon fern field forest garden ginger harbor hazel heron honey island ivory jasmine juniper lagoon lantern ' +
  'lemon lilac linen maple marble meadow mellow mint morning mountain ocean olive opal orchard otter pebble pepper pine planet ' +
  'poppy prairie quartz rain raven river robin saffron sage sail silver sparrow spring stone summer sunny thistle timber topaz ' +
  'tulip valley velvet violet walnut water willow winter'
).split(' ');

/** A password that can be read from a screen and typed: three words and a number, about 26 bits, for accounts on loopback. */
function readablePassword(): string {
  const word = () => words[randomInt(words.length)];
  return `${word()}-${word()}-${word()}-${randomInt(10, 100)}`;
}

function fresh(): DemoState {
  const agent = (username: string, name: string, role: DemoAgent['role']): DemoAgent => ({
    ...{ username, name, role, capacity: 3 },
    password: readablePassword(),
  });
  return {
    accountSid: `AC${randomBytes(16).toString('hex')}`,
    authToken: randomBytes(16).toString('hex'),
    agents: [agent('anna', 'Anna', 'agent'), agent('ben', 'Ben', 'agent'), agent('carla', 'Carla', 'supervisor')],
  };
}

/** Reads the state from the demo directory; the first time it is made there, readable by its owner only. */
export async function demoState(directory: string): Promise<DemoState> {
  const file = join(directory, 'demo.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as DemoState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new Error(`${file} cannot be read: ${error}`);
  }
  const state = fresh();
  await writeFile(file, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  return state;
}
