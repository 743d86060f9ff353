/**
 * The DNS providers that the lego of Debian 12 and 13 (4.9.1) can change records at, by its own names for them. Debian leaves some
 * out that `lego dnshelp` tells of, such as `cloudflare`. See https://bugs.debian.org/968964
 */
export const dnsProviders = `
  allinkl arvancloud autodns bluecat checkdomain clouddns cloudns cloudxns conoha constellix desec digitalocean
  dnsmadeeasy dode domeneshop dreamhost duckdns dyn dynu easydns epik exec gandi gandiv5 gcloud gcore glesys
  godaddy hetzner hostingde hosttech httpreq hurricane hyperone infomaniak internetbs inwx ionos iwantmyname
  joker lightsail loopia luadns mydnsjp mythicbeasts namecheap nearlyfreespeech netcup netlify nicmanager
  nifcloud njalla otc ovh pdns rackspace regru rfc2136 rimuhosting route53 safedns selectel servercow simply
  sonic stackpath variomedia vercel versio vscale vultr wedos yandex zoneee zonomi
`
  .trim()
  .split(/\s+/);
