// What one writes with Colyseus: a room whose state is a map of players, patched every 50 ms.
//
// To its favour: fields hold our pose's own codes (nothing is decoded, nothing is a float), poses
// come up as raw bytes under a one-byte type, the player hangs on the client instead of being
// looked up, and compression is off, as Colyseus has it by default.
//
//     node colyseus.mjs AVATARS

import { Room, Server } from "@colyseus/core";
import { schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";

const PATCH_MS = 50;
const POSE = 0; // the type of the only message
const AVATARS = Number(process.argv[2]);

// The order is the wire's: room_clients.py reads blocks of these.
const Player = schema(
  {
    t: t.uint16(),
    x: t.uint16(),
    y: t.uint16(),
    z: t.uint16(),
    turn: t.uint32(),
    left: t.uint32(),
    leftTurn: t.uint32(),
    right: t.uint32(),
    rightTurn: t.uint32(),
    flags: t.uint8(),
  },
  "Player",
);
const State = schema({ players: t.map(Player) }, "State");

class Showroom extends Room {
  maxClients = AVATARS;
  patchRate = PATCH_MS;

  onCreate() {
    this.state = new State();
    this.onMessageBytes(POSE, (client, pose) => {
      const player = client.player;
      player.flags = pose[0];
      player.t = pose.readUInt16LE(1);
      player.x = pose.readUInt16LE(3);
      player.y = pose.readUInt16LE(5);
      player.z = pose.readUInt16LE(7);
      player.turn = pose.readUInt32LE(9);
      player.left = pose.readUInt32LE(13);
      player.leftTurn = pose.readUInt32LE(17);
      player.right = pose.readUInt32LE(21);
      player.rightTurn = pose.readUInt32LE(25);
    });
  }

  onJoin(client) {
    client.player = new Player();
    this.state.players.set(client.sessionId, client.player);
  }

  onLeave(client) {
    this.state.players.delete(client.sessionId);
  }
}

const transport = new WebSocketTransport();
const server = new Server({ transport, greet: false, gracefullyShutdown: false });
server.define("showroom", Showroom);
await server.listen(0, "127.0.0.1");
const { port } = transport.server.address();
console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }));
process.stdin.on("end", () => process.exit(0)).resume();
