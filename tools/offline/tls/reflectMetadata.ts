/**
 * The part of the Reflect metadata proposal that `@peculiar/x509` needs: it refuses to load without one.
 *
 * Its container asks for the metadata of classes that take no constructor arguments, so hardly anything is ever stored.
 */
const metadata = new WeakMap<object, Map<unknown, unknown>>();

function getOwnMetadata(key: unknown, target: object): unknown {
  return metadata.get(target)?.get(key);
}

function getMetadata(key: unknown, target: object): unknown {
  for (let owner: object | null = target; owner !== null; owner = Object.getPrototypeOf(owner)) {
    if (metadata.get(owner)?.has(key)) return getOwnMetadata(key, owner);
  }
  return undefined;
}

function defineMetadata(key: unknown, value: unknown, target: object): void {
  metadata.set(target, new Map(metadata.get(target)).set(key, value));
}

if (!("getMetadata" in Reflect)) Object.assign(Reflect, { getOwnMetadata, getMetadata, defineMetadata });
