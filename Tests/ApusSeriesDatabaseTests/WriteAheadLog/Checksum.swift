import ApusBytes

/// Little-endian bytes of a checksum.
func crc(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.appendFixed32(crc32c(bytes.span))
    return result
}
