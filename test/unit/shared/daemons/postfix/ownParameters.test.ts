import { expect, test } from "vitest";
import { renderMainCf } from "../../../../../shared/daemons/postfix/mainCf.ts";
import { renderMasterCf } from "../../../../../shared/daemons/postfix/masterCf.ts";
import {
  mainCfParameters,
  masterCfServices,
  milterParameters,
  srsParameters,
} from "../../../../../shared/daemons/postfix/ownParameters.ts";
import { sampleModel } from "../../../components/sample.ts";

const files = { source: "files", certificateFile: "/etc/tls/chain.pem", privateKeyFile: "/etc/tls/key.pem" };

test.each([{}, { tls: files }])("are those of main.cf with %j", (args) => {
  const names = renderMainCf(sampleModel(args)).matchAll(/^([\w-]+) *=/gm);
  expect([...names].map(([, name]) => name)).toEqual(mainCfParameters);
});

test.each([
  ["mail is signed", { dkim: {} }, milterParameters],
  ["mail of others gets a sender of this host", { postfix: { srs: true } }, srsParameters],
])("are more in main.cf where %s", (_what, args, parameters) => {
  const names = renderMainCf(sampleModel(args)).matchAll(/^([\w-]+) *=/gm);
  const further = [...names].flatMap(([, name = ""]) => (mainCfParameters.includes(name) ? [] : [name]));
  expect(further).toEqual(parameters);
});

test.each([
  [false, {}],
  [true, {}],
  [false, { dkim: {} }],
  [true, { dkim: {} }],
])("are those of each service in master.cf, in its order, with 465 open: %s, and %j", (submissions, args) => {
  const services = new Map<string, string[]>();
  for (const line of renderMasterCf(sampleModel({ postfix: { submissions }, ...args })).split("\n")) {
    const [, service, type] = /^([\w-]+) +([a-z-]+) /.exec(line) ?? [];
    const [, option] = /^ +-o (?:\{ )?([\w-]+) ?=/.exec(line) ?? [];
    if (service !== undefined) services.set(`${service}/${type}`, []);
    if (option !== undefined) [...services.values()].at(-1)?.push(option);
  }
  expect([...masterCfServices(submissions, "dkim" in args).keys()]).toEqual([...services.keys()]);
  for (const [service, names] of masterCfServices(submissions, "dkim" in args)) {
    expect(names.toSorted(), service).toEqual(services.get(service)?.toSorted());
  }
});
