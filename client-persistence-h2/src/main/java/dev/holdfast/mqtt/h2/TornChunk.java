package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.h2.files.ChunkSeal;
import dev.holdfast.mqtt.h2.files.DamagedChunkException;
import dev.holdfast.mqtt.h2.files.StoreHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import org.h2.mvstore.DataUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A chunk that was being written when power failed. Its header and footer may be there and promise
 * what is not between them; and H2 looks for no more than these.
 */
final class TornChunk {
    private static final Logger LOG = LoggerFactory.getLogger(TornChunk.class);
    private static final int BLOCK = 4096;
    private static final int HEXADECIMAL = 16;

    private TornChunk() {}

    /**
     * Takes out its header, which makes it nothing to H2. Does nothing if the chunk is another by
     * now, or whole: another process may have done the same, and gone on.
     *
     * @param number which H2 gives each chunk
     * @param version what its header says
     */
    static void takeOut(StoreFile file, DamagedChunkException torn, int number, long version)
            throws IOException {
        try (FileChannel channel =
                        FileChannel.open(
                                file.path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
                @Nullable FileLock lock = lock(channel)) {
            if (lock == null) {
                throw Errors.inUse(file, null);
            }
            byte[] header = bytes(channel, 0, StoreHeader.LENGTH);
            byte[] chunk = bytes(channel, torn.position(), torn.length());
            if (!new StoreHeader(header).isUnderWay(number, version)
                    || version != version(chunk)
                    || ChunkSeal.isWhole(ByteBuffer.wrap(chunk))) {
                return;
            }
            ByteBuffer nothing = ByteBuffer.allocate(BLOCK);
            while (nothing.hasRemaining()) {
                channel.write(nothing, torn.position() + nothing.position());
            }
            channel.force(false);
            warn(file, version);
        }
    }

    static void warn(StoreFile file, long version) {
        LOG.warn(
                "{}: its state number {} was not written to its end, as when power fails, and the"
                        + " one before is used. With Durability.POWER_LOSS that one holds all that"
                        + " was reported as stored",
                file,
                version);
    }

    /** What is beyond the end of the file is zero. */
    private static byte[] bytes(FileChannel channel, long position, int length) throws IOException {
        byte[] bytes = new byte[length];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining() && channel.read(buffer, position + buffer.position()) >= 0) {
            // until all of it is there, or the file at its end
        }
        return bytes;
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // by this process
        }
    }

    /** What a chunk's header says: a line of text. */
    private static long version(byte[] chunk) {
        int length = Math.min(chunk.length, BLOCK);
        String text = new String(chunk, 0, length, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\n');
        String version =
                end < 0 ? null : DataUtils.getFromMap(text.substring(0, end).trim(), "version");
        return version == null ? -1 : Long.parseLong(version, HEXADECIMAL);
    }
}
