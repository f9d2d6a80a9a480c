// Loaded by NODE_OPTIONS=--import: no socket of this process leaves the machine.
import net from 'node:net';

const LOCAL = /^(localhost|127\.[\d.]+|::1)$/;
const connect = net.Socket.prototype.connect;

function hostOf(args) {
  const [target, host] = Array.isArray(args[0]) ? args[0] : args;
  if (target !== null && typeof target === 'object') return target.path ? undefined : target.host;
  return typeof host === 'string' && /^\d+$/.test(target) ? host : undefined;
}

net.Socket.prototype.connect = function connectLocally(...args) {
  const host = hostOf(args);
  if (host === undefined || LOCAL.test(host)) return connect.apply(this, args);
  throw new Error(`connect to ${host}: tests reach loopback only; serve it on 127.0.0.1`);
};
