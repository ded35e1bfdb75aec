package io.headrace.events.platform;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Consistency tokens as they travel: text that is safe in a header and in a URL, and that only
 * those who hold the key can make. Who reads one knows that the platform made it, and need not wait
 * for a stream that never was. A token gives no right to anything.
 *
 * <p>Base64url of the first 128 bits of an HMAC-SHA256 (RFC 2104, which allows to truncate it) and
 * of what it is over: a format byte, the version, the context and the stream id. Safe for use by
 * many threads.
 */
public final class ConsistencyTokens {

  /** No token is longer: a stream id is far below. */
  private static final int MAX_LENGTH = 2048;

  private static final String ALGORITHM = "HmacSHA256";
  private static final int MAC_BYTES = 16;
  private static final byte FORMAT = 1;
  private static final int MAX_CONTEXT_BYTES = 255;

  private final List<Mac> keys;

  /**
   * @param keys the first makes tokens, all of them are recognized: so a key can be changed while
   *     tokens of the old one are about
   */
  public ConsistencyTokens(List<String> keys) {
    if (keys.isEmpty() || keys.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException("consistency tokens need a key that is not blank");
    }
    this.keys = keys.stream().map(ConsistencyTokens::keyed).toList();
  }

  private static Mac keyed(String key) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key.strip().getBytes(StandardCharsets.UTF_8), ALGORITHM));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }

  public String encode(ConsistencyToken token) {
    byte[] context = token.context().getBytes(StandardCharsets.UTF_8);
    byte[] stream = token.streamId().getBytes(StandardCharsets.UTF_8);
    if (context.length > MAX_CONTEXT_BYTES) {
      throw new IllegalArgumentException("the name of a context has at most 255 bytes");
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(MAC_BYTES + 1 + Long.BYTES + 1 + context.length + stream.length);
    bytes.position(MAC_BYTES).put(FORMAT).putLong(token.streamVersion());
    bytes.put((byte) context.length).put(context).put(stream);
    byte[] mac = mac(keys.getFirst(), bytes.array());
    System.arraycopy(mac, 0, bytes.array(), 0, MAC_BYTES);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  /** Empty if this is no token, or one that was made with another key. */
  public Optional<ConsistencyToken> decode(String text) {
    if (text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      // The last character of Base64 has bits to spare: another spelling is another token.
      boolean spelled = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(text);
      return spelled && bytes.length > MAC_BYTES && isOurs(bytes)
          ? Optional.of(read(ByteBuffer.wrap(bytes, MAC_BYTES, bytes.length - MAC_BYTES)))
          : Optional.empty();
    } catch (IllegalArgumentException | BufferUnderflowException | CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private boolean isOurs(byte[] bytes) {
    byte[] given = Arrays.copyOf(bytes, MAC_BYTES);
    boolean ours = false;
    for (Mac key : keys) {
      ours |= MessageDigest.isEqual(given, Arrays.copyOf(mac(key, bytes), MAC_BYTES));
    }
    return ours;
  }

  private static ConsistencyToken read(ByteBuffer bytes) throws CharacterCodingException {
    if (bytes.get() != FORMAT) {
      throw new IllegalArgumentException("another format");
    }
    long version = bytes.getLong();
    byte[] context = new byte[Byte.toUnsignedInt(bytes.get())];
    bytes.get(context);
    return new ConsistencyToken(
        text(ByteBuffer.wrap(context)).toString(), text(bytes).toString(), version);
  }

  private static CharBuffer text(ByteBuffer bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(bytes);
  }

  /** Over what follows the place of the code itself. */
  private static byte[] mac(Mac key, byte[] bytes) {
    try {
      // A copy has the key worked in already; the original is never updated, so it may be shared.
      Mac mac = (Mac) key.clone();
      mac.update(bytes, MAC_BYTES, bytes.length - MAC_BYTES);
      return mac.doFinal();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(ALGORITHM + " of this Java platform cannot be copied", e);
    }
  }
}
