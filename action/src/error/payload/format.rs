//! The formats that are recognised in place of JSON.

/// A format that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignFormat {
    /// gzip.
    Gzip,
    /// A ZIP archive.
    Zip,
    /// Zstandard.
    Zstd,
    /// xz.
    Xz,
    /// bzip2.
    Bzip2,
    /// A tar archive.
    Tar,
    /// UTF-16 with a byte order mark.
    Utf16,
    /// UTF-16 without a byte order mark, little-endian.
    Utf16Le,
    /// UTF-16 without a byte order mark, big-endian.
    Utf16Be,
    /// UTF-32 with a byte order mark.
    Utf32,
    /// An HTML page.
    Html,
    /// XML.
    Xml,
    /// YAML.
    Yaml,
    /// Text with the escape sequences that colour a terminal.
    TerminalColours,
}

impl ForeignFormat {
    /// Completes the sentence "The document …".
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Gzip => "is compressed with gzip",
            Self::Zip => "is a ZIP archive",
            Self::Zstd => "is compressed with zstd",
            Self::Xz => "is compressed with xz",
            Self::Bzip2 => "is compressed with bzip2",
            Self::Tar => "is a tar archive",
            Self::Utf16 => "is encoded as UTF-16, not UTF-8",
            Self::Utf16Le => "is encoded as UTF-16 (little-endian), not UTF-8",
            Self::Utf16Be => "is encoded as UTF-16 (big-endian), not UTF-8",
            Self::Utf32 => "is encoded as UTF-32, not UTF-8",
            Self::Html => "is an HTML page, not JSON",
            Self::Xml => "is XML, not JSON",
            Self::Yaml => "looks like YAML, not JSON",
            Self::TerminalColours => "contains the escape sequences of terminal colours",
        }
    }

    /// Names the command that converts the format. Commands that read `FILE` from standard input would otherwise insist
    /// on a suffix like `.gz`.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Gzip => "Decompress it: `gzip -dc < FILE > converted.json`.",
            Self::Zip => "Extract it: `unzip -p FILE > converted.json`.",
            Self::Zstd => "Decompress it: `zstd -dc < FILE > converted.json`.",
            Self::Xz => "Decompress it: `xz -dc < FILE > converted.json`.",
            Self::Bzip2 => "Decompress it: `bzip2 -dc < FILE > converted.json`.",
            Self::Tar => "Extract it: `tar -xOf FILE > converted.json`.",
            Self::Utf16 => {
                "Write the document as UTF-8 (in PowerShell: -Encoding utf8), or convert it: \
                 `iconv -f UTF-16 -t UTF-8 FILE > converted.json`."
            }
            Self::Utf16Le => "Convert it: `iconv -f UTF-16LE -t UTF-8 FILE > converted.json`.",
            Self::Utf16Be => "Convert it: `iconv -f UTF-16BE -t UTF-8 FILE > converted.json`.",
            Self::Utf32 => "Convert it: `iconv -f UTF-32 -t UTF-8 FILE > converted.json`.",
            Self::Html => {
                "A login page or an error page was probably saved instead of the document. Check the address and the \
                 credential of the download. `curl --fail --output FILE URL` fails on an error page."
            }
            Self::Xml => {
                "Let the program write JSON, or convert it: `yq -p=xml -o=json . FILE > converted.json` (yq 4)."
            }
            Self::Yaml => {
                "Let the program write JSON, or convert it: `yq -p=yaml -o=json . FILE > converted.json` (yq 4). To store \
                 plain text, set data-format to text."
            }
            Self::TerminalColours => {
                r"Turn the program's colours off (often with `NO_COLOR=1`), or remove them: `sed 's/\x1b\[[0-9;]*m//g' FILE > converted.json`."
            }
        }
    }
}
