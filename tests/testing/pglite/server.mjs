// A PostgreSQL with pgvector for places where the installed server has no such extension: PGlite
// behind a socket of PostgreSQL's protocol.
//
//   node server.mjs --modules DIR --make-data DATA
//       makes an empty database cluster in the new directory DATA
//   PASSWORD=... node server.mjs --modules DIR --data DATA --listen HOST:PORT
//       serves it; prints `listening on HOST:PORT`; port 0 takes a free one
//
// DIR holds node_modules. There is one session inside: a client has it alone from its login to its
// end, the next one waits, and finds nothing of what the one before it had set. Every role that may
// log in has the same PASSWORD. A query cannot be cancelled.

import net from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';

const kProtocol = 196608;
const kCancel = 80877102;
const kSsl = 80877103;
const kGss = 80877104;
const kMaxMessage = 64 << 20;

const { values: options } = parseArgs({
  options: {
    modules: { type: 'string' },
    'make-data': { type: 'string' },
    data: { type: 'string' },
    listen: { type: 'string', default: '127.0.0.1:0' },
  },
});

async function load(name) {
  const file = path.resolve(options.modules, 'node_modules/@electric-sql', name, 'dist/index.js');
  return import(pathToFileURL(file).href);
}

const { PGlite } = await load('pglite');
const { vector } = await load('pglite-pgvector');

if (options['make-data'] !== undefined) {
  // Small segments of the write-ahead log: the directory is copied for each server.
  const db = await PGlite.create(path.resolve(options['make-data']), {
    extensions: { vector },
    initDbStartParams: ['--wal-segsize=1', '--encoding=UTF8', '--locale=C.UTF-8', '--username=postgres'],
  });
  await db.exec('CHECKPOINT');
  await db.close();
  process.exit(0);
}

const password = process.env.PASSWORD;
if (!password) throw new Error('the variable PASSWORD is not set');
const db = await PGlite.create(path.resolve(options.data), { extensions: { vector } });

// A message with a type: one byte, length, body.
function message(type, body) {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function fatal(sqlstate, text) {
  return message('E', Buffer.from(`SFATAL\0VFATAL\0C${sqlstate}\0M${text}\0\0`));
}

const askForPassword = message('R', Buffer.from([0, 0, 0, 3]));
const sync = message('S', Buffer.alloc(0));

// One client. Messages are handled one after the other by `work`.
class Client {
  constructor(socket) {
    this.socket = socket;
    this.buffer = Buffer.alloc(0);
    this.startup = null; // the startup message, once it came
    this.loggedIn = false;
    this.turn = null; // resolves when the session is ours
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      this.buffer = Buffer.concat([this.buffer, data]);
      this.work();
    });
  }

  // The next whole message, or null.
  next() {
    const start = this.startup === null ? 0 : 1;
    if (this.buffer.length < start + 4) return null;
    const length = this.buffer.readInt32BE(start);
    if (length < 4 || length > kMaxMessage) {
      this.socket.destroy();
      return null;
    }
    if (this.buffer.length < start + length) return null;
    const whole = this.buffer.subarray(0, start + length);
    this.buffer = this.buffer.subarray(start + length);
    return whole;
  }

  async work() {
    if (this.working) return;
    this.working = true;
    try {
      for (let m = this.next(); m !== null && !this.socket.destroyed; m = this.next()) {
        if (this.startup === null) {
          await this.hello(m);
        } else if (!this.loggedIn) {
          await this.login(m);
        } else if (m[0] === 0x58 /* X */) {
          this.socket.end();
        } else {
          await db.execProtocolRawStream(new Uint8Array(m), {
            onRawData: (data) => this.socket.writable && this.socket.write(Buffer.from(data)),
          });
        }
      }
    } catch (error) {
      console.error(error);
      this.socket.destroy();
    }
    this.working = false;
  }

  async hello(m) {
    const code = m.length >= 8 ? m.readInt32BE(4) : 0;
    if (code === kSsl || code === kGss) {
      this.socket.write('N');
    } else if (code === kProtocol) {
      this.startup = m;
      this.user = 'postgres';
      const words = m.subarray(8).toString().split('\0');
      for (let i = 0; i + 1 < words.length && words[i] !== ''; i += 2) {
        if (words[i] === 'user') this.user = words[i + 1];
      }
      this.socket.write(askForPassword);
    } else {
      if (code !== kCancel) console.error(`unknown protocol ${code}`);
      this.socket.destroy();
    }
  }

  async login(m) {
    if (m[0] !== 0x70 /* p */ || m.subarray(5, -1).toString() !== password) {
      this.refuse('28P01', `password authentication failed for user "${this.user}"`);
      return;
    }
    await this.waitForTurn();
    if (this.socket.destroyed) return;
    const roles = await db.query(
        'SELECT quote_ident(rolname) AS name, rolcanlogin FROM pg_roles WHERE rolname = $1', [this.user]);
    if (roles.rows.length === 0 || !roles.rows[0].rolcanlogin) {
      this.refuse('28000', `role "${this.user}" ${roles.rows.length === 0 ? 'does not exist' : 'is not permitted to log in'}`);
      return;
    }
    await db.execProtocolRawStream(new Uint8Array(this.startup), {
      onRawData: (data) => (this.greeting = Buffer.from(data)),
    });
    // What ALTER ROLE … SET and ALTER DATABASE … SET ask for: the role's come last.
    await db.exec(`SET SESSION AUTHORIZATION ${roles.rows[0].name}`);
    const settings = await db.query(
        `SELECT split_part(entry, '=', 1) AS name, substr(entry, strpos(entry, '=') + 1) AS value
         FROM pg_db_role_setting s, unnest(s.setconfig) entry
         WHERE s.setrole IN (0, $1::regrole) AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
         ORDER BY s.setrole <> 0`, [roles.rows[0].name]);
    for (const { name, value } of settings.rows) {
      await db.query('SELECT set_config($1, $2, false)', [name, value]);
    }
    this.loggedIn = true;
    this.socket.write(this.greeting);
  }

  refuse(sqlstate, text) {
    this.socket.end(fatal(sqlstate, text));
  }

  // The session is ours from here on until the connection's end.
  async waitForTurn() {
    const before = Client.last;
    let done;
    Client.last = new Promise((resolve) => (done = resolve));
    await before;
    this.closed.then(async () => {
      while (this.working) await new Promise((resolve) => setImmediate(resolve));
      await clean();
      done();
    });
  }
}
Client.last = Promise.resolve();

// Leaves nothing of a client's session to the next one.
async function clean() {
  try {
    await db.execProtocolRawStream(new Uint8Array(sync), { onRawData: () => {} });
    await db.exec('ROLLBACK');
    await db.exec('DISCARD ALL');
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}

const colon = options.listen.lastIndexOf(':');
const host = options.listen.slice(0, colon);
const server = net.createServer((socket) => new Client(socket));
server.listen(Number(options.listen.slice(colon + 1)), host, () => {
  console.log(`listening on ${host}:${server.address().port}`);
});
