import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const module = fileURLToPath(new URL("../../../../..", import.meta.url));

/** What specs are told of the server, by variables of the environment. */
export const told = {
  /** Where the console is, with a slash at the end. */
  url: "BAILIWICK_E2E_URL",
  /** Where the native API is, relative to the console; ../api/v1/ unless it is said. */
  api: "BAILIWICK_E2E_API",
  /** The password of the platform's administrator, whose name is admin. */
  password: "BAILIWICK_E2E_ADMIN_PASSWORD",
  /** The folder that mails are written into. */
  mail: "BAILIWICK_E2E_MAIL",
  /** The address of the identity provider that people may sign in at; nothing where there is none. */
  issuer: "BAILIWICK_E2E_ISSUER",
};

/** What may be said of the server that is started, in the same way. */
const asked = {
  /** Another program than the command: the folder of one that embeds Bailiwick, as ./examples/console-mux. */
  host: process.env.BAILIWICK_E2E_HOST ?? "",
  /** The address of an empty database; SQLite's otherwise. */
  database: process.env.BAILIWICK_E2E_DATABASE ?? "",
  /** The built program, where there is one already. */
  program: process.env.BAILIWICK_E2E_PROGRAM ?? "",
  /** The built identity provider, where there is one already. */
  provider: process.env.BAILIWICK_E2E_PROVIDER ?? "",
};

/** Starts a server unless there is one, and returns what ends it. */
export default async function start(): Promise<() => Promise<void>> {
  if (process.env[told.url]) {
    return async () => {};
  }
  const dir = mkdtempSync(join(tmpdir(), "bailiwick-e2e-"));
  const password = "the-password-of-admin";
  const mail = join(dir, "mail");
  let provider: Provider | undefined;
  try {
    const program = asked.program || build(asked.host || "./cmd/bailiwick", join(dir, "program"));
    if (!asked.host) {
      provider = await startProvider(dir);
    }
    const database = asked.database || `sqlite:${join(dir, "b.db")}`;
    const flags = asked.host
      ? ["-listen", "127.0.0.1:0", "-database", database, "-folder", dir, "-password", password]
      : [
          ...["serve", "--demo", "--listen", "127.0.0.1:0", "--database", database, "--admin-password", password],
          ...["--secret-file", join(dir, "secret"), "--mail-folder", mail, "--files", join(dir, "files")],
          ...(provider ? ["--oidc-config", provider.config] : []),
          ...(asked.database ? [] : ["--databases", join(dir, "databases")]),
        ];
    const server = spawn(program, flags, { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
    const url = await address(server);
    Object.assign(process.env, { [told.url]: url, [told.password]: password, [told.mail]: mail });
    process.env[told.issuer] = provider?.issuer ?? "";
    return async () => {
      await stop(server);
      await provider?.stop();
      rmSync(dir, { recursive: true, force: true });
    };
  } catch (error) {
    await provider?.stop();
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

function build(what: string, to: string): string {
  execFileSync("go", ["build", "-o", to, what], { cwd: module, stdio: "inherit" });
  return to;
}

type Provider = { issuer: string; config: string; stop: () => Promise<void> };

/** Starts an identity provider, and writes the file that a server knows it by. */
async function startProvider(dir: string): Promise<Provider> {
  const program = asked.provider || build("./internal/oidctest/provider", join(dir, "provider"));
  // It ends with what it reads, however this here ends.
  const provider = spawn(program, { cwd: dir, stdio: ["pipe", "pipe", "inherit"] });
  const issuer = await heard(provider, /issuer (http:\/\/\S+)/);
  const config = join(dir, "oidc.json");
  writeFileSync(config, JSON.stringify([{ name: "city", title: "City of Bath", issuer, client_id: "bailiwick" }]));
  return { issuer, config, stop: () => stop(provider) };
}

/** Waits until a server has said where its console is, and answers there. */
async function address(server: ChildProcess): Promise<string> {
  const at = await heard(server, /console\s+(http:\/\/\S+\/)/);
  await answering(at);
  return at;
}

/** Waits until a program has said something, and returns it. */
function heard(server: ChildProcess, what: RegExp): Promise<string> {
  let output = "";
  return new Promise((resolve, reject) => {
    const tooLong = setTimeout(() => {
      server.kill();
      reject(new Error(`the server does not start:\n${output}`));
    }, 120_000);
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${output}`)));
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
      const said = what.exec(output)?.[1];
      if (said) {
        clearTimeout(tooLong);
        resolve(said);
      }
    };
    server.stdout?.on("data", hear);
    server.stderr?.on("data", hear);
  });
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      if ((await fetch(url)).ok) {
        return;
      }
    } catch (error) {
      if (tries === 100) {
        throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function stop(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) {
      resolve();
      return;
    }
    server.removeAllListeners("exit");
    server.once("exit", () => resolve());
    server.kill("SIGTERM");
  });
}
