#!/bin/sh
# Installs certagent on a distribution without dpkg, or removes it. The service starts in the mode of its configuration,
# which as installed is "observe": it changes nothing on the node until `certagent enable`. Neither touches the cluster.
set -eu

usage() {
  echo "usage: ./install.sh [--uninstall [--purge]]"
  echo "  --uninstall  stop and remove the program; configuration and state stay"
  echo "  --purge      with --uninstall: remove configuration, state and the group too"
}

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

uninstall=no
purge=no
for word in "$@"; do
  case "$word" in
    --uninstall) uninstall=yes ;;
    --purge) purge=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
if [ "$purge" = yes ] && [ "$uninstall" = no ]; then usage >&2; exit 2; fi

# A root other than / is an image under construction: nothing is started there.
root=${DESTDIR:-}
dropin=$root/usr/lib/systemd/system/certagent.service.d/notify-reload.conf
here=$(cd "$(dirname "$0")" && pwd)
[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail "only root can do this"
if [ -z "$root" ] && [ -e /var/lib/dpkg/info/certagent.list ]; then
  fail "certagent is installed here as a Debian package, or was and is not purged: use apt"
fi

live() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

if [ "$uninstall" = yes ]; then
  if live; then systemctl disable --now certagent.service 2>/dev/null || true; fi
  rm -f "$root/etc/systemd/system/multi-user.target.wants/certagent.service"
  while read -r path; do rm -f "$root/$path"; done <"$here/files.txt"
  rm -f "$dropin"
  rmdir "$root/usr/lib/systemd/system/certagent.service.d" "$root/usr/share/certagent/prometheus" "$root/usr/share/certagent/grafana" "$root/usr/share/certagent" "$root/usr/share/doc/certagent/alerts" "$root/usr/share/doc/certagent" 2>/dev/null || true
  if [ "$purge" = yes ]; then
    rm -rf "$root/etc/certagent" "$root/var/lib/certagent"
    if [ -z "$root" ]; then
      rm -rf /run/certagent /etc/systemd/system/certagent.service.d
      if getent group certagent >/dev/null; then groupdel certagent || true; fi
    fi
  fi
  if live; then systemctl daemon-reload; fi
  echo "certagent is removed."
  exit 0
fi

case "$(uname -m)" in
  x86_64) machine=amd64 ;;
  aarch64) machine=arm64 ;;
  *) machine=$(uname -m) ;;
esac
[ "$machine" = "$(cat "$here/architecture")" ] || fail "this archive is for $(cat "$here/architecture"), this machine is $machine"

first=no
[ -e "$root/usr/bin/certagent" ] || first=yes
if [ -z "$root" ] && ! getent group certagent >/dev/null; then groupadd --system certagent; fi
while read -r path; do
  mkdir -p "$root/$(dirname "$path")"
  # Written beside the target and renamed: the file of a running program cannot be overwritten.
  cp "$here/root/$path" "$root/$path.new"
  case "$path" in usr/bin/*) chmod 0755 "$root/$path.new" ;; *) chmod 0644 "$root/$path.new" ;; esac
  mv "$root/$path.new" "$root/$path"
done <"$here/files.txt"
config=$root/etc/certagent/config.toml
if [ ! -e "$config" ]; then
  mkdir -p "$root/etc/certagent"
  cp "$here/root/etc/certagent/config.toml" "$config"
  chmod 0640 "$config"
  if [ -z "$root" ]; then chown root:certagent "$config"; fi
fi

# systemd has Type=notify-reload since version 253; an older one would fall back to "simple".
version=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
if [ "${version:-0}" -ge 253 ]; then
  mkdir -p "${dropin%/*}"
  cp "$here/root/usr/share/certagent/notify-reload.conf" "$dropin"
  chmod 0644 "$dropin"
else
  rm -f "$dropin"
fi
# Only a first installation enables the unit: an upgrade respects that somebody has disabled it.
if live; then
  systemctl daemon-reload
  if [ "$first" = yes ]; then systemctl enable certagent.service; fi
  if systemctl is-enabled --quiet certagent.service; then
    # A restart with a refused configuration would stop what runs.
    if /usr/bin/certagent config check >/dev/null; then
      systemctl restart certagent.service
    else
      echo 'certagent: the configuration is refused, so the service was not restarted: the previous version still runs.' >&2
      echo 'Correct it (certagent config check), then: systemctl restart certagent' >&2
    fi
  fi
elif [ "$first" = yes ] && [ -z "$root" ] && command -v systemctl >/dev/null; then
  # In an image under construction: the unit starts when the image boots.
  systemctl enable certagent.service || true
fi
echo "certagent $("$root/usr/bin/certagent" --version) is installed. See: certagent status, certagent enable"
