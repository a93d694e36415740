create type outcome as enum ('confirmed', 'inconclusive');
