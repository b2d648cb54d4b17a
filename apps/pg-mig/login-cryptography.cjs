// What pg computes to log in, by Node's own functions: the bundle has it instead of pg's module, with the same
// exports. That one uses the Web Crypto API, which takes long to load, and longer than the computing itself. It is
// no ES module, since pg is none: rolldown would put something around each of ours.
const { createHash, createHmac, pbkdf2, randomBytes } = require("node:crypto");

module.exports = {
  deriveKey,
  hashByName,
  hmacSha256,
  md5,
  postgresMd5PasswordHash,
  randomBytes: (length) => randomBytes(length),
  sha256: (data) => hashByName("SHA-256", data),
};

/** How many salted passwords are kept: there is one for each server and password. */
const keptPasswords = 10_000;

/** Promises, by what was asked. */
const saltedPasswords = new Map();

/**
 * The salted password of SCRAM-SHA-256. Its thousands of rounds are what a login costs, and they are the same
 * for all sessions of a server: it is computed once.
 */
function deriveKey(password, salt, iterations) {
  const asked = JSON.stringify([password, salt.toString("base64"), iterations]);
  const known = saltedPasswords.get(asked);
  if (known !== undefined) {
    return known;
  }
  const salted = new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, 32, "sha256", (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
  if (saltedPasswords.size === keptPasswords) {
    saltedPasswords.clear();
  }
  saltedPasswords.set(asked, salted);
  return salted;
}

function hmacSha256(key, text) {
  return createHmac("sha256", key).update(text).digest();
}

function hashByName(name, data) {
  return createHash(name).update(data).digest();
}

function md5(data) {
  return createHash("md5").update(data).digest("hex");
}

function postgresMd5PasswordHash(user, password, salt) {
  return `md5${md5(Buffer.concat([Buffer.from(md5(password + user)), salt]))}`;
}
