import { expect, test } from "vitest";
import { renderMainCf } from "../../../../../shared/daemons/postfix/mainCf.ts";
import { renderMasterCf } from "../../../../../shared/daemons/postfix/masterCf.ts";
import {
  mainCfParameters,
  masterCfServices,
  signingOption,
  signingParameters,
} from "../../../../../shared/daemons/postfix/ownParameters.ts";
import { sampleModel } from "../../../components/sample.ts";

const files = { source: "files", certificateFile: "/etc/tls/chain.pem", privateKeyFile: "/etc/tls/key.pem" };

test.each([{}, { tls: files }])("are those of main.cf with %j", (args) => {
  const names = renderMainCf(sampleModel(args)).matchAll(/^([\w-]+) *=/gm);
  expect([...names].map(([, name]) => name)).toEqual(mainCfParameters);
});

test("are more where mail is signed, in main.cf and for what users send", () => {
  const signing = sampleModel({ dkim: {}, postfix: { submissions: true } });
  const names = renderMainCf(signing).matchAll(/^([\w-]+) *=/gm);
  const further = [...names].flatMap(([, name = ""]) => (mainCfParameters.includes(name) ? [] : [name]));
  expect(further).toEqual(signingParameters);
  expect(renderMasterCf(signing).match(new RegExp(`-o ${signingOption}=`, "g"))).toHaveLength(2);
});

test.each([false, true])("are those of each service in master.cf, in its order, with 465 open: %s", (submissions) => {
  const services = new Map<string, string[]>();
  for (const line of renderMasterCf(sampleModel({ postfix: { submissions } })).split("\n")) {
    const [, service, type] = /^([\w-]+) +([a-z-]+) /.exec(line) ?? [];
    const [, option] = /^ +-o ([\w-]+)=/.exec(line) ?? [];
    if (service !== undefined) services.set(`${service}/${type}`, []);
    if (option !== undefined) [...services.values()].at(-1)?.push(option);
  }
  expect([...masterCfServices(submissions).keys()]).toEqual([...services.keys()]);
  for (const [service, names] of masterCfServices(submissions)) {
    expect(names.toSorted(), service).toEqual(services.get(service)?.toSorted());
  }
});
