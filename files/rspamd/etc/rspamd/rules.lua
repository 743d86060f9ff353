-- Managed by mailhost: change mailhost:dkim or mailhost:postfix in the stack configuration, not this file.
--
-- What rspamd's own modules leave out. https://docs.rspamd.com/lua/

local logger = require "rspamd_logger"
local lua_mime = require "lua_mime"

-- Whether nobody has logged in, and it is no other host that sends.
local function is_of_host(task)
  local ip = task:get_from_ip()
  return not task:get_user() and ip ~= nil and ip:is_local()
end
{%- if fromHeader == "reject" or seals %}

-- The source of a Postfix table. It is read for each message: a change counts at once.
local function read_source(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return "\n" .. text
end

-- The value of an address there, with its extension or without, or of its domain; nil where it has none.
local function look_up(source, address)
  local function value_of(key)
    local _, last = source:find("\n" .. key .. " ", 1, true)
    return last and source:match("^[^\n]*", last + 1)
  end
  return value_of(address)
{%- if extension != "" %} or value_of((address:gsub("^(.[^@]-){{ extension }}[^@]*@", "%1@"))){% endif %} or value_of((address:gsub("^.*@", "@")))
end
{%- endif %}
{%- if signs %}

-- Mail of a user, or written on this host. What has come from elsewhere and is sent on here, as by a Sieve script, has been
-- received once and may be forged.
local function is_own(task)
  return task:get_user() ~= nil or (is_of_host(task) and not task:get_header("Received"))
end

-- Whose keys sign: those of the domain of From:.
package.loaded.mailhost = {
  signing_domain = function(task)
    local from = is_own(task) and task:get_from("mime")
    return from and from[1] and from[1].domain and from[1].domain:lower()
  end,
}

-- Of these there is one at most (RFC 5322, 3.6). rspamd makes no signature that holds where there are more, and other servers refuse
-- such mail: the first one stays.
local single = { "Date", "Sender", "Reply-To", "To", "Cc", "Message-ID", "In-Reply-To", "References", "Subject" }

rspamd_config:register_symbol({
  name = "SINGLE_HEADERS",
  type = "prefilter",
  callback = function(task)
    if not is_own(task) then return end
    -- rspamd can tell Postfix to remove one of them, or all: all go, and the first one comes back.
    local remove, add = {}, {}
    for _, name in ipairs(single) do
      if task:get_header_count(name) > 1 then
        remove[name] = 0
        add[name] = { order = 1, value = task:get_header_full(name)[1].value }
      end
    end
    if next(add) then lua_mime.modify_headers(task, { remove = remove, add = add }) end
  end,
})
{%- endif %}
{%- if fromHeader == "reject" %}

-- The addresses in From:, in lower case; nil where it is not plainly what RFC 5322 has, and others might read another
-- address in it.
local function addresses_of(text)
  -- Of an escaped letter the backslash stays, which is right within quotes and comments alone.
  local rest, bare = text:gsub("\\.", "\\"), ""
  while true do
    local first = rest:find('["(]')
    if not first then break end
    local is_quote = rest:sub(first, first) == '"'
    local _, last = rest:find(is_quote and '^"[^"]*"' or "^%b()", first)
    if not last then return nil end
    bare = bare .. rest:sub(1, first - 1) .. (is_quote and '""' or " ")
    rest = rest:sub(last + 1)
  end
  local addresses = {}
  for mailbox in (bare .. rest .. ","):gmatch("([^,]*),") do
    local address = mailbox:match("^[^<>@:;\\]*<%s*([^<>%s]+)%s*>%s*$") or mailbox:match("^%s*(%S+)%s*$")
    if not address or not address:find("^[%w!#$%%&'*+/=?^_`{|}~.-]+@[%w.-]+$") then return nil end
    table.insert(addresses, address:lower())
  end
  return addresses
end

-- Why a user may not send this, if so.
local function find_mistake(task, user)
  local headers = task:get_header_full("From") or {}
  if #headers ~= 1 then return "a message has one From:, but this one has " .. #headers end
  local addresses = addresses_of(headers[1].value)
  if not addresses then
    return "From: must be in the form \"Name\" <" .. user .. ">: others may read another address in this one"
  end
  local senders = read_source("{{ tables.senders }}")
  for _, address in ipairs(addresses) do
    local users = ", " .. (look_up(senders, address) or "") .. ","
    if not users:find(", " .. user .. ",", 1, true) then
      return "From: " .. address .. " is no address that " .. user .. " may send as"
    end
  end
end

rspamd_config:register_symbol({
  name = "FROM_HEADER",
  type = "prefilter",
  callback = function(task)
    local user = task:get_user()
    if not user then return end
    local has_looked, found = pcall(find_mistake, task, user:lower())
    if not has_looked then
      logger.errx(task, "From: could not be checked: %s", found)
      task:set_pre_result("soft reject", "From: could not be checked, try again later")
    elseif found then
      -- In a reply to Postfix % stands for itself where there are two.
      task:set_pre_result("reject", (found:gsub("%%", "%%%%")))
    end
  end,
})
{%- endif %}
{%- if seals %}

local own_domains = {
{%- for domain in domains %}
  ["{{ domain }}"] = true,
{%- endfor %}
}

-- Whether mail for an address leaves this host, by an alias or a forward.
local function leaves(aliases, address, seen)
  if seen[address] then return false end
  seen[address] = true
  local domain = address:match("@(.*)$")
  if domain and not own_domains[domain] then return true end
  for member in (look_up(aliases, address) or ""):gmatch("[^, ]+") do
    if leaves(aliases, member, seen) then return true end
  end
  return false
end

local function has_recipient_elsewhere(task)
  local aliases = read_source("{{ tables.aliases }}")
  local seen = {}
  for _, recipient in ipairs(task:get_recipients("smtp") or {}) do
    if leaves(aliases, recipient.addr:lower(), seen) then return true end
  end
  return false
end

-- Whether it is mail of others that this host sends on: that alone is verified and sealed.
local function is_sent_on(task)
  if task:get_user() or is_of_host(task) then return false end
  local known = task:cache_get("sent_on")
  if known == nil then
    local has_looked, found = pcall(has_recipient_elsewhere, task)
    if not has_looked then logger.errx(task, "recipients could not be looked up: %s", found) end
    known = has_looked and found
    task:cache_set("sent_on", known)
  end
  return known
end

for _, symbol in ipairs({ "DKIM_CHECK", "SPF_CHECK", "ARC_CHECK", "ARC_SIGNED" }) do
  rspamd_config:add_condition(symbol, is_sent_on)
end
{%- if mostSeals %}

-- Behind more seals of others than that, rspamd here makes one that does not hold: the chain stays as it came, which holds.
rspamd_config:add_condition("ARC_SIGNED", function(task)
  return is_sent_on(task) and task:get_header_count("ARC-Seal") <= {{ mostSeals }}
end)
{%- endif %}
{%- endif %}
