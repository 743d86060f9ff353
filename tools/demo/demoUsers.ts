import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { localFolder } from "../launch/paths.mjs";
import { hashPassword } from "../password/hashPassword.ts";

/** A user of the throw-away host. Real hosts know hashes only; here the password is shown, to log in with. */
export interface DemoUser {
  address: string;
  password: string;
  /** `{SCHEME}hash` */
  hash: string;
}

const FILE = join(localFolder, "demo-users.json");
const ADDRESSES = ["alice@domain.tld", "bob@domain.tld"] as const;

export type DemoUsers = readonly [alice: DemoUser, bob: DemoUser];

/** The users, made at the first call and kept, so that a second deployment changes nothing. */
export async function ensureDemoUsers(): Promise<DemoUsers> {
  if (existsSync(FILE)) return JSON.parse(readFileSync(FILE, "utf8"));
  const [alice, bob] = ADDRESSES;
  const users: DemoUsers = [await createUser(alice), await createUser(bob)];
  mkdirSync(localFolder, { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(users, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(FILE, 0o600);
  return users;
}

async function createUser(address: string): Promise<DemoUser> {
  const password = randomBytes(9).toString("base64url");
  return { address, password, hash: await hashPassword(password) };
}
