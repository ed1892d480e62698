package dev.sayiir.codec;

import java.io.OutputStream;
import java.util.Arrays;

/** Keeps bytes in memory up to a limit; beyond it, it only counts them, so that the size can be told. */
final class LimitedOutput extends OutputStream {

    private static final int FIRST_BYTES = 512;

    private final int limit;
    private byte[] bytes = new byte[FIRST_BYTES];
    private long size;

    LimitedOutput(int limit) {
        this.limit = limit;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) {
        long newSize = size + length;
        if (newSize <= limit) {
            if (newSize > bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(limit, Math.max(newSize, bytes.length * 2L)));
            }
            System.arraycopy(source, offset, bytes, (int) size, length);
        }
        size = newSize;
    }

    long size() {
        return size;
    }

    /** Only while {@link #size()} is within the limit. */
    byte[] toByteArray() {
        return Arrays.copyOf(bytes, (int) size);
    }
}
