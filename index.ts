import { MailHost } from "./components/index.ts";
import { loadMailHostArgs } from "./config.ts";

const mail = new MailHost("mail", loadMailHostArgs());

export const { hostname, endpoints, certificateAuthority, domains } = mail;
