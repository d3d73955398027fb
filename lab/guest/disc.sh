# A disc that a BIOS boots, with the boot loader isolinux.
# shellcheck shell=bash disable=SC2154 # scratch and fail come from machine.sh

# write_disc FOLDER: makes $scratch/disc.iso of what is in the folder; its isolinux.cfg is standard input.
write_disc() {
	cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/{ldlinux,libcom32,mboot}.c32 "$1"
	cat >"$1/isolinux.cfg"
	xorriso -as mkisofs -quiet -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
		-o "$scratch/disc.iso" "$1" 2>"$scratch/disc.log" || fail "$status_broken" "$(<"$scratch/disc.log")"
}

# Lines of a bochsrc: a machine with a BIOS that boots the disc.
bochs_disc() {
	cat <<-TEXT
	romimage: file=/usr/share/bochs/BIOS-bochs-latest
	vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
	ata0-master: type=cdrom, path=$scratch/disc.iso, status=inserted
	boot: cdrom
	TEXT
}
