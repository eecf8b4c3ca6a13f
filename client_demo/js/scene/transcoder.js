// A worker that becomes what its first message says: see textures.js, and its policy in pages.py.

self.addEventListener('message', ({ data }) => new Function(data)(), { once: true });
