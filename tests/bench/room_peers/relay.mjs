// What one writes first: every pose is emitted to the others in the room, by a stock socket.io.
//
//     node relay.mjs AVATARS

import { createServer } from "node:http";
import { Server } from "socket.io";

const AVATARS = Number(process.argv[2]);
const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });
let newcomers = 0;

io.on("connection", (socket) => {
  const number = newcomers++;
  const room = `room-${Math.floor(number / AVATARS)}`;
  const index = Buffer.of(number % AVATARS);
  socket.join(room);
  socket.emit("welcome", { you: { index: index[0] } });
  socket.on("pose", (pose) => {
    socket.to(room).emit("pose", Buffer.concat([index, pose]));
  });
});

http.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${http.address().port}` }));
});
process.stdin.on("end", () => process.exit(0)).resume();
